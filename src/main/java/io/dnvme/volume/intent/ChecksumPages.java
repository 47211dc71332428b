package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.nvme.Crc32c;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The pages of a member's checksums that are in use: at most so many in memory, and no more than
 * {@link ChecksumMemory} has room for; the least recently used leave first, and their memory is
 * used again. Changed ones are written when the device is flushed, or when all are changed and
 * another one is needed; what a crash keeps from the medium is in a dirty region (INTENT).
 *
 * <p>A write is durable before the next one of the same page begins, so of its two copies the older
 * one, over which it goes, is never the only one that knows of a clean region.
 *
 * <p>On one reactor.
 */
final class ChecksumPages {

  private static final long RETRY_NANOS = 50_000;
  private static final int BYTES = MemberLayout.PAGE_BYTES;

  /** Told once, maybe within the call that asks. */
  @FunctionalInterface
  interface Done {
    void done(BlockStatus status);
  }

  /** A page in memory. */
  static final class Page {
    long index;
    private final MemorySegment memory;
    private final BlockIo io;
    private final MemorySegment onItsWay;
    private final List<Runnable> afterWrite = new ArrayList<>();
    private long sequence;
    private boolean unsure;
    private boolean loaded;
    private boolean changed;
    private boolean writing;

    // Of RecentPages.
    Page chained;
    Page older;
    Page newer;

    /**
     * @param all its own: {@link ChecksumMemory#PAGE_BYTES}
     */
    Page(long index, Reactor reactor, MemorySegment all) {
      this.index = index;
      io = new BlockIo(reactor);
      memory = all.asSlice(0, BYTES);
      onItsWay = all.asSlice(BYTES, 2L * BYTES);
    }

    /** It left, and becomes another one. */
    private Page reuse(long next) {
      index = next;
      sequence = 0;
      unsure = false;
      loaded = false;
      changed = false;
      return this;
    }

    /** What is not whole may have been newer: torn, which is harmless, or rotten. */
    boolean isUnsure() {
      return unsure;
    }

    /** 0 where the block is not vouched for. */
    int get(int entry) {
      return ChecksumPage.get(memory, entry);
    }

    void set(int entry, int checksum) {
      ChecksumPage.set(memory, entry, checksum);
      changed = true;
    }
  }

  private record Waiting(long index, Done done) {}

  private final BlockDevice device;
  private final MemberLayout layout;
  private final Reactor reactor;
  private final int limit;
  private final ChecksumMemory memory;
  private final Crc32c crc = new Crc32c();
  private final RecentPages pages;

  /** Pages that are in no use, with their memory. */
  private final ArrayDeque<Page> spare = new ArrayDeque<>();

  /** Pages that there may be now, and slabs that these took from the memory of all. */
  private int allotted;

  private int slabsTaken;
  private boolean ended;

  /** Memory that no page has yet. */
  private MemorySegment slab = MemorySegment.NULL;

  private final List<Waiting> loading = new ArrayList<>();
  private long damaged;

  ChecksumPages(
      BlockDevice device, MemberLayout layout, Reactor reactor, int limit, ChecksumMemory memory) {
    this.device = device;
    this.layout = layout;
    this.reactor = reactor;
    this.limit = limit;
    this.memory = memory;
    allotted = Math.min(limit, ChecksumMemory.SLAB_PAGES);
    pages = new RecentPages(limit);
  }

  /** What it took from the memory of all others may have; it takes no more. */
  void end() {
    ended = true;
    memory.giveBack(slabsTaken);
    slabsTaken = 0;
  }

  /** Pages of which a copy was not as it had been written. */
  long damaged() {
    return damaged;
  }

  int inMemory() {
    return pages.size();
  }

  /** The page, or null where it has to be loaded first. */
  Page get(long index) {
    Page page = pages.get(index);
    return page != null && page.loaded ? page : null;
  }

  /** After success {@link #get} has it, within the call that tells. */
  void load(long index, Done done) {
    boolean onItsWay = loading.stream().anyMatch(waiting -> waiting.index == index);
    loading.add(new Waiting(index, done));
    if (!onItsWay) {
      makeRoom(index);
    }
  }

  private void makeRoom(long index) {
    if (pages.size() < allotted || mayGrow()) {
      read(newPage(index));
      return;
    }
    Page page = oldestUnchanged();
    if (page != null) {
      pages.remove(page);
      read(page.reuse(index));
      return;
    }
    writeChanged(status -> {
      // One that is refused stays; others may leave.
      if (status.isSuccess() || oldestUnchanged() != null) {
        // Pages that are being loaded have to be waited for.
        reactor.timers().schedule(RETRY_NANOS, () -> makeRoom(index));
      } else {
        loaded(index, status);
      }
    });
  }

  private Page oldestUnchanged() {
    Page page = pages.oldest();
    while (page != null && (!page.loaded || page.changed || page.writing)) {
      page = page.newer;
    }
    return page;
  }

  private boolean mayGrow() {
    if (ended || allotted == limit || !memory.tryTake()) {
      return false;
    }
    slabsTaken++;
    allotted = Math.min(limit, allotted + ChecksumMemory.SLAB_PAGES);
    return true;
  }

  private Page newPage(long index) {
    Page page = spare.pollLast();
    if (page != null) {
      return page.reuse(index);
    }
    if (slab.byteSize() == 0) {
      long bytes = (long) Math.min(limit, ChecksumMemory.SLAB_PAGES) * ChecksumMemory.PAGE_BYTES;
      slab = Arena.ofAuto().allocate(bytes, BYTES);
    }
    MemorySegment all = slab.asSlice(0, ChecksumMemory.PAGE_BYTES);
    slab = slab.asSlice(ChecksumMemory.PAGE_BYTES);
    return new Page(index, reactor, all);
  }

  private void read(Page page) {
    pages.add(page);
    readCopies(page, layout.blocksPerPage() * 2, 0);
  }

  /** Both copies at once; one by one where that cannot be read. */
  private void readCopies(Page page, int blocks, int copy) {
    long start = block(page.index) + (long) copy * layout.blocksPerPage();
    BlockIo io = page.io.prepare(BlockOp.READ, start, blocks);
    boolean lends = device.traits().lendsReads();
    long at = (long) copy * BYTES;
    if (!lends) {
      io.data().add(page.onItsWay, at, (long) blocks * layout.blockSizeBytes());
    }
    io.onCompletion(
        read -> {
          BlockStatus status = read.status();
          if (status.isSuccess() && lends) {
            read.data().copyTo(page.onItsWay, at);
          }
          read.release();
          boolean both = blocks > layout.blocksPerPage();
          if (status == BlockStatus.READ_FAULT && both) {
            readCopies(page, layout.blocksPerPage(), 0);
          } else if (!status.isSuccess() && status != BlockStatus.READ_FAULT) {
            pages.remove(page);
            spare.addLast(page);
            loaded(page.index, status);
          } else {
            if (!status.isSuccess()) {
              // Not zeroes: those would mean that it was never written.
              page.onItsWay.asSlice(at, BYTES).fill((byte) 0xFF);
            }
            if (both || copy == 1) {
              choose(page);
            } else {
              readCopies(page, layout.blocksPerPage(), 1);
            }
          }
        },
        null);
    device.submit(io);
  }

  private void choose(Page page) {
    int whole = -1;
    boolean anyBlank = false;
    boolean anyDamaged = false;
    for (int copy = 0; copy < 2; copy++) {
      MemorySegment found = page.onItsWay.asSlice((long) copy * BYTES, BYTES);
      if (ChecksumPage.isBlank(found)) {
        anyBlank = true;
        continue;
      }
      long sequence = ChecksumPage.sequence(found);
      if (!ChecksumPage.isWhole(found, crc) || (sequence & 1) != copy) {
        anyDamaged = true;
      } else if (whole < 0 || sequence > page.sequence) {
        whole = copy;
        page.sequence = sequence;
      }
    }
    if (whole < 0) {
      page.memory.fill((byte) 0);
    } else {
      MemorySegment.copy(page.onItsWay, (long) whole * BYTES, page.memory, 0, BYTES);
    }
    // The second write is the first of the other copy.
    anyDamaged |= anyBlank && whole >= 0 && page.sequence > 1;
    if (anyDamaged) {
      damaged++;
      page.unsure = whole >= 0;
    }
    page.loaded = true;
    loaded(page.index, BlockStatus.SUCCESS);
  }

  private void loaded(long index, BlockStatus status) {
    var told = new ArrayList<Waiting>();
    loading.removeIf(waiting -> waiting.index == index && told.add(waiting));
    told.forEach(waiting -> waiting.done.done(status));
  }

  /** Writes all pages that are changed now; told when the device has them. */
  void writeChanged(Done done) {
    var batch = new WriteBatch(done);
    List<Page> changed = new ArrayList<>();
    for (Page page = pages.oldest(); page != null; page = page.newer) {
      if (page.changed || page.writing) {
        changed.add(page);
      }
    }
    changed.forEach(batch::add);
    batch.ended();
  }

  /** Of the page's first copy. */
  private long block(long index) {
    return layout.checksumBlock() + 2 * index * layout.blocksPerPage();
  }

  /** Pages that are written together; one that is on its way already is written again after it. */
  private final class WriteBatch {
    private final Done done;
    private int pending = 1;
    private BlockStatus worst = BlockStatus.SUCCESS;

    WriteBatch(Done done) {
      this.done = done;
    }

    void add(Page page) {
      if (page.writing) {
        pending++;
        page.afterWrite.add(() -> again(page));
      } else if (page.changed) {
        pending++;
        write(page);
      }
    }

    private void again(Page page) {
      add(page);
      ended();
    }

    private void write(Page page) {
      page.changed = false;
      page.writing = true;
      MemorySegment.copy(page.memory, 0, page.onItsWay, 0, BYTES);
      long sequence = page.sequence + 1;
      ChecksumPage.seal(page.onItsWay.asSlice(0, BYTES), sequence, crc);
      long start = block(page.index) + (sequence & 1) * layout.blocksPerPage();
      BlockIo io = page.io.prepare(BlockOp.WRITE, start, layout.blocksPerPage());
      io.data().add(page.onItsWay, 0, BYTES);
      io.forceUnitAccess(true);
      io.onCompletion(
          written -> {
            page.writing = false;
            if (written.status().isSuccess()) {
              page.sequence = sequence;
            } else {
              // Asked again it goes over the same copy.
              page.changed = true;
              worst = written.status();
            }
            List<Runnable> waiting = List.copyOf(page.afterWrite);
            page.afterWrite.clear();
            waiting.forEach(Runnable::run);
            ended();
          },
          null);
      device.submit(io);
    }

    void ended() {
      if (--pending == 0) {
        done.done(worst);
      }
    }
  }
}
