package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.nvme.Crc32c;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The header of one member on its medium. Every write is FUA and goes to the older copy of its
 * page, one write of a page at a time, so a torn one leaves what was durable before. A member that
 * is BUSY is asked again; how long is its caller's matter.
 *
 * <p>On the group's home reactor. Its memory is bounded: a round's pages, which also serve for
 * reading, and which it has borrowed for that long ({@link HeaderMemory}).
 */
final class HeaderMedium {

  /** The most pages that are written at once. */
  static final int ROUND_PAGES = 16;

  private static final int PAGE = MemberLayout.PAGE_BYTES;
  private static final long BUSY_RETRY_NANOS = 1_000_000;

  /** Told of each round or reading once. */
  @FunctionalInterface
  interface Done {
    void done(BlockStatus status);
  }

  private final BlockDevice device;
  private final MemberLayout layout;
  private final MemberIdentity identity;
  private final Crc32c crc = new Crc32c();
  private final BlockIo[] ios = new BlockIo[ROUND_PAGES];
  private final BlockIo.Completion written = this::written;

  /** Of the newest copy of each bitmap page on the medium; 0: none. */
  private final long[] sequences;

  private long descriptorSequence;
  private long stamp;

  // The round under way, and its memory; null while there is none.
  private MemorySegment memory;
  private int pages;
  private int pending;
  private BlockStatus worst = BlockStatus.SUCCESS;
  private Done done;

  HeaderMedium(Reactor reactor, BlockDevice device, MemberLayout layout, MemberIdentity identity) {
    this.device = device;
    this.layout = layout;
    this.identity = identity;
    sequences = new long[MemberLayout.BITMAPS * layout.pagesPerBitmap()];
    for (int i = 0; i < ROUND_PAGES; i++) {
      ios[i] = new BlockIo(reactor);
    }
  }

  BlockDevice device() {
    return device;
  }

  MemberIdentity identity() {
    return identity;
  }

  /** Whether commands are on their way that nobody may be waiting for any more. */
  boolean isBusy() {
    return pending > 0;
  }

  long stamp() {
    return stamp;
  }

  void stamp(long value) {
    stamp = value;
  }

  /**
   * Reads the whole header, as many pages at a time as there is memory for; what cannot be read
   * counts as damaged.
   */
  void read(HeaderImage image, Done whenRead) {
    done = whenRead;
    memory = HeaderMemory.OF_PROCESS.take();
    readPairs(image, -1);
  }

  /** First block of a page's pair of copies: -1 is the descriptor's, and all lie in a row. */
  private long block(int index) {
    return index < 0
        ? layout.descriptorBlock(0)
        : layout.bitmapBlock(index / layout.pagesPerBitmap(), index % layout.pagesPerBitmap(), 0);
  }

  /** 0 where one command does not carry both copies of a page. */
  private int pairsAtOnce() {
    return Math.min(ROUND_PAGES, device.traits().maxTransferBytes() / PAGE) / 2;
  }

  private void readPairs(HeaderImage image, int index) {
    int end = Math.min(index + pairsAtOnce(), sequences.length);
    if (end == index) {
      readPage(image, index, index + 1, 0);
      return;
    }
    int pages = 2 * (end - index);
    BlockIo io = ios[0].prepare(BlockOp.READ, block(index), pages * layout.blocksPerPage());
    if (!device.traits().lendsReads()) {
      io.data().add(memory, 0, (long) pages * PAGE);
    }
    io.onCompletion(
        read -> {
          BlockStatus status = read.status();
          if (status.isSuccess() && device.traits().lendsReads()) {
            read.data().copyTo(memory, 0);
          }
          read.release();
          if (status == BlockStatus.BUSY) {
            io.reactor().timers().schedule(BUSY_RETRY_NANOS, () -> readPairs(image, index));
          } else if (status == BlockStatus.READ_FAULT) {
            // One that can be read must not count as damaged because another one is.
            readPage(image, index, end, 0);
          } else if (!status.isSuccess()) {
            finish(status);
          } else {
            takePairs(image, index, end);
          }
        },
        null);
    device.submit(io);
  }

  private void takePairs(HeaderImage image, int index, int end) {
    for (int i = index; i < end; i++) {
      if (!take(image, i, memory.asSlice(2L * (i - index) * PAGE, 2L * PAGE))) {
        finish(BlockStatus.INVALID);
        return;
      }
    }
    goOn(image, end);
  }

  private void goOn(HeaderImage image, int next) {
    if (next < sequences.length) {
      readPairs(image, next);
    } else {
      finish(BlockStatus.SUCCESS);
    }
  }

  private void readPage(HeaderImage image, int index, int end, int copy) {
    BlockIo io =
        ios[0].prepare(
            BlockOp.READ,
            block(index) + (long) copy * layout.blocksPerPage(),
            layout.blocksPerPage());
    if (!device.traits().lendsReads()) {
      io.data().add(memory, (long) copy * PAGE, PAGE);
    }
    io.onCompletion(
        read -> {
          MemorySegment target = memory.asSlice((long) copy * PAGE, PAGE);
          if (read.status() == BlockStatus.BUSY) {
            read.release();
            io.reactor()
                .timers()
                .schedule(BUSY_RETRY_NANOS, () -> readPage(image, index, end, copy));
            return;
          }
          if (read.status() == BlockStatus.READ_FAULT) {
            target.fill((byte) 0);
          } else if (!read.status().isSuccess()) {
            read.release();
            finish(read.status());
            return;
          } else if (device.traits().lendsReads()) {
            read.data().copyTo(target, 0);
          }
          read.release();
          if (copy == 0) {
            readPage(image, index, end, 1);
          } else if (!take(image, index, memory)) {
            finish(BlockStatus.INVALID);
          } else if (index + 1 < end) {
            readPage(image, index + 1, end, 0);
          } else {
            goOn(image, end);
          }
        },
        null);
    device.submit(io);
  }

  /** False where the header is another's: it is not read on. */
  private boolean take(HeaderImage image, int index, MemorySegment copies) {
    if (index < 0) {
      image.descriptor(copies);
      if (image.refusalFor(identity) != null) {
        return false;
      }
      if (image.header() != null) {
        descriptorSequence = image.header().sequence();
        stamp = image.header().stamp();
      }
    } else {
      int bitmap = index / layout.pagesPerBitmap();
      int page = index % layout.pagesPerBitmap();
      image.page(bitmap, page, copies);
      sequences[index] = image.sequence(bitmap, page);
    }
    return true;
  }

  /** Adds a page to the next round; the words are copied. */
  void add(int bitmap, int page, long generation, PeerSlot owner, long[] words, int fromWord) {
    int index = bitmap * layout.pagesPerBitmap() + page;
    long sequence = ++sequences[index];
    MemorySegment target = nextPage();
    BitmapPage.encode(target, bitmap, page, sequence, generation, owner, words, fromWord, crc);
    prepare(layout.bitmapBlock(bitmap, page, PageFormat.copyOf(sequence)));
  }

  private MemorySegment nextPage() {
    if (isBusy()) {
      throw new IllegalStateException("INTENT: a page of a header is written while one is");
    }
    if (memory == null) {
      memory = HeaderMemory.OF_PROCESS.take();
    }
    return memory.asSlice((long) pages * PAGE, PAGE);
  }

  void addDescriptor(long generation, List<PeerSlot> peers) {
    descriptorSequence++;
    var header = new MemberHeader(identity, layout, descriptorSequence, generation, stamp, peers);
    header.encode(nextPage(), crc);
    prepare(layout.descriptorBlock(PageFormat.copyOf(descriptorSequence)));
  }

  private void prepare(long block) {
    BlockIo io = ios[pages].prepare(BlockOp.WRITE, block, layout.blocksPerPage());
    io.data().add(memory, (long) pages * PAGE, PAGE);
    io.forceUnitAccess(true).onCompletion(written, null);
    pages++;
  }

  /** Writes what was added; told when all of it is durable, or that some of it may not be. */
  void write(Done whenDurable) {
    done = whenDurable;
    worst = BlockStatus.SUCCESS;
    int count = pages;
    pages = 0;
    // One more, so that devices that complete at once do not finish the round in between.
    pending = count + 1;
    for (int i = 0; i < count; i++) {
      device.submit(ios[i]);
    }
    ended();
  }

  private void written(BlockIo io) {
    if (io.status() == BlockStatus.BUSY) {
      io.reactor().timers().schedule(BUSY_RETRY_NANOS, () -> device.submit(io));
      return;
    }
    if (!io.status().isSuccess()) {
      worst = io.status();
    }
    ended();
  }

  private void ended() {
    if (--pending == 0) {
      finish(worst);
    }
  }

  private void finish(BlockStatus status) {
    Done told = done;
    done = null;
    if (memory != null) {
      HeaderMemory.OF_PROCESS.giveBack(memory);
      memory = null;
    }
    told.done(status);
  }
}
