package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.nvme.Crc32c;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * The pages of a member's checksums that are in use: at most so many in memory, the least recently
 * used leave first. Changed ones are written when the device is flushed, or when all are changed
 * and another one is needed; what a crash keeps from the medium is in a dirty region (INTENT).
 *
 * <p>On one reactor.
 */
final class ChecksumPages {

  private static final long RETRY_NANOS = 50_000;

  /** Told once, maybe within the call that asks. */
  @FunctionalInterface
  interface Done {
    void done(BlockStatus status);
  }

  /** A page in memory. */
  static final class Page {
    private final long index;
    private final MemorySegment memory;
    private final BlockIo io;
    private final MemorySegment onItsWay;
    private final List<Runnable> afterWrite = new ArrayList<>();
    private boolean loaded;
    private boolean changed;
    private boolean writing;

    private Page(long index, Reactor reactor) {
      this.index = index;
      io = new BlockIo(reactor);
      MemorySegment both =
          Arena.ofAuto().allocate(2L * MemberLayout.PAGE_BYTES, MemberLayout.PAGE_BYTES);
      memory = both.asSlice(0, MemberLayout.PAGE_BYTES);
      onItsWay = both.asSlice(MemberLayout.PAGE_BYTES);
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
  private final Crc32c crc = new Crc32c();
  private final LinkedHashMap<Long, Page> pages = new LinkedHashMap<>(16, 0.75f, true);
  private final List<Waiting> loading = new ArrayList<>();
  private long damaged;

  ChecksumPages(BlockDevice device, MemberLayout layout, Reactor reactor, int limit) {
    this.device = device;
    this.layout = layout;
    this.reactor = reactor;
    this.limit = limit;
  }

  /** Pages that were not as they had been written: their blocks are not vouched for any more. */
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
    if (pages.size() < limit) {
      read(index);
      return;
    }
    Iterator<Page> oldestFirst = pages.values().iterator();
    while (oldestFirst.hasNext()) {
      Page page = oldestFirst.next();
      if (page.loaded && !page.changed && !page.writing) {
        oldestFirst.remove();
        read(index);
        return;
      }
    }
    writeChanged(status -> {
      if (status.isSuccess()) {
        // Pages that are being loaded have to be waited for.
        reactor.timers().schedule(RETRY_NANOS, () -> makeRoom(index));
      } else {
        loaded(index, status);
      }
    });
  }

  private void read(long index) {
    var page = new Page(index, reactor);
    pages.put(index, page);
    BlockIo io = page.io.prepare(BlockOp.READ, block(index), layout.blocksPerPage());
    if (!device.traits().lendsReads()) {
      io.data().add(page.memory, 0, MemberLayout.PAGE_BYTES);
    }
    io.onCompletion(
        read -> {
          if (read.status().isSuccess() && device.traits().lendsReads()) {
            read.data().copyTo(page.memory, 0);
          }
          read.release();
          boolean lost = read.status() == BlockStatus.READ_FAULT;
          if (!lost && !read.status().isSuccess()) {
            pages.remove(index);
            loaded(index, read.status());
            return;
          }
          if (lost || !ChecksumPage.isWhole(page.memory, crc)) {
            if (lost || !ChecksumPage.isBlank(page.memory)) {
              damaged++;
            }
            page.memory.fill((byte) 0);
          }
          page.loaded = true;
          loaded(index, BlockStatus.SUCCESS);
        },
        null);
    device.submit(io);
  }

  private void loaded(long index, BlockStatus status) {
    var told = new ArrayList<Waiting>();
    loading.removeIf(waiting -> waiting.index == index && told.add(waiting));
    told.forEach(waiting -> waiting.done.done(status));
  }

  /** Writes all pages that are changed now; told when the device has them. */
  void writeChanged(Done done) {
    var batch = new WriteBatch(done);
    List.copyOf(pages.values()).forEach(batch::add);
    batch.ended();
  }

  private long block(long index) {
    return layout.checksumBlock() + index * layout.blocksPerPage();
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
      MemorySegment.copy(page.memory, 0, page.onItsWay, 0, MemberLayout.PAGE_BYTES);
      ChecksumPage.seal(page.onItsWay, crc);
      BlockIo io = page.io.prepare(BlockOp.WRITE, block(page.index), layout.blocksPerPage());
      io.data().add(page.onItsWay, 0, MemberLayout.PAGE_BYTES);
      io.onCompletion(
          written -> {
            page.writing = false;
            if (!written.status().isSuccess()) {
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
