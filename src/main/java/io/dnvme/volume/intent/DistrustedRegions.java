package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockIoPool;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The blocks of one member whose checksums may be older, or newer, than their content: those of
 * regions that were dirty at a takeover. Of one reactor.
 *
 * <pre>
 *   distrust ─► all blocks ─┬─ written, or judged to be what the checksum says ─► trusted
 *                           ├─ recomputed: the checksum of what is there        ─► trusted
 *                           └─ no page at hand for it: left ─ before a flush: none vouches ─► trusted
 * </pre>
 *
 * <p>What is left when a region is recomputed must not be compared with a checksum that may be
 * wrong, by nobody: after a flush the region is clean, and the next owner trusts it (INTENT). So a
 * flush waits until nothing vouches for it.
 */
final class DistrustedRegions {

  private static final long RETRY_NANOS = 10_000_000;

  /** Of one piece: so long may a member keep a read; then it cannot be asked. */
  private static final int MAX_BUSY_TRIES = 300;

  private final BlockDevice device;
  private final MemberLayout layout;
  private final Reactor reactor;
  private final ChecksumPages pages;
  private final BlockIoPool pool;
  private final BlockChecksums checksums;
  private final RegionBlocks regions = new RegionBlocks();
  private final BitSet left = new BitSet();
  private final List<Pass> passes = new ArrayList<>();

  DistrustedRegions(
      BlockDevice device,
      MemberLayout layout,
      Reactor reactor,
      ChecksumPages pages,
      BlockIoPool pool,
      BlockChecksums checksums) {
    this.device = device;
    this.layout = layout;
    this.reactor = reactor;
    this.pages = pages;
    this.pool = pool;
    this.checksums = checksums;
  }

  void distrust(int region) {
    var blocks = new BitSet();
    blocks.set(0, (int) layout.regionBlocks(region));
    regions.put(region, blocks);
  }

  boolean contains(long block) {
    if (regions.isEmpty()) {
      return false;
    }
    int region = layout.firstRegion(block);
    BitSet blocks = regions.get(region);
    return blocks != null && blocks.get((int) (block - layout.regionStartBlock(region)));
  }

  /** The block's checksum is that of its content. */
  void trust(long block) {
    if (!regions.isEmpty()) {
      int region = layout.firstRegion(block);
      BitSet blocks = regions.get(region);
      if (blocks != null) {
        blocks.clear((int) (block - layout.regionStartBlock(region)));
      }
    }
  }

  /**
   * Nothing is known of these blocks' content: they are compared with nothing, and at the next
   * flush nothing vouches for them.
   */
  void leave(long startBlock, long blockCount) {
    for (long block = startBlock; block < startBlock + blockCount; block++) {
      int region = layout.firstRegion(block);
      BitSet blocks = regions.get(region);
      if (blocks == null) {
        blocks = new BitSet();
        regions.put(region, blocks);
        left.set(region);
      }
      blocks.set((int) (block - layout.regionStartBlock(region)));
    }
    readAgain(startBlock, blockCount);
  }

  /** What is being read of these blocks' regions, and was not looked at yet, may be older. */
  void readAgain(long startBlock, long blockCount) {
    int first = layout.firstRegion(startBlock);
    int last = layout.lastRegion(startBlock, blockCount);
    for (Pass pass : passes) {
      pass.stale |= first <= pass.region && pass.region <= last;
    }
  }

  /** See {@link ChecksumDevice#judge}. */
  void judge(int region, int pieceBlocks, ChecksumPages.Done done) {
    new Pass(region, false, pieceBlocks, done).go(0);
  }

  /** See {@link ChecksumDevice#recompute}. */
  void recompute(int region, int pieceBlocks, Runnable done) {
    new Pass(region, true, pieceBlocks, status -> done.run()).go(0);
  }

  /** Nothing vouches any more for blocks that were left; told at once where there are none. */
  void forgetLeft(ChecksumPages.Done done) {
    int region = left.nextSetBit(0);
    if (region < 0) {
      done.done(BlockStatus.SUCCESS);
      return;
    }
    BitSet blocks = regions.get(region);
    int first = blocks == null ? -1 : blocks.nextSetBit(0);
    if (first < 0) {
      left.clear(region);
      regions.remove(region);
      forgetLeft(done);
      return;
    }
    long start = layout.regionStartBlock(region);
    long index = (start + first) / ChecksumPage.ENTRIES;
    ChecksumPages.Page page = pages.get(index);
    if (page == null) {
      pages.load(
          index,
          status -> {
            if (status.isSuccess()) {
              forgetLeft(done);
            } else {
              done.done(status);
            }
          });
      return;
    }
    for (int block = first; block >= 0; block = blocks.nextSetBit(block + 1)) {
      if ((start + block) / ChecksumPage.ENTRIES == index) {
        page.set((int) ((start + block) % ChecksumPage.ENTRIES), 0);
        blocks.clear(block);
      }
    }
    forgetLeft(done);
  }

  /** Goes through what is distrusted of a region, piece by piece. */
  private final class Pass {
    private final int region;
    private final boolean adopts;
    private final int pieceBlocks;
    private final ChecksumPages.Done done;

    /** Up to here blocks are read one by one. */
    private int singlyUntil;

    private int busyTries;
    private int next;
    private boolean going;

    /** For all of its pieces, one after another. */
    private MemorySegment memory;

    /** A write failed since the piece began to be read: it may have been in time, or not. */
    private boolean stale;

    Pass(int region, boolean adopts, int pieceBlocks, ChecksumPages.Done done) {
      this.region = region;
      this.adopts = adopts;
      this.pieceBlocks = pieceBlocks;
      this.done = done;
      passes.add(this);
    }

    /** What completes at once goes on in this loop, not on the stack. */
    void go(int from) {
      next = from;
      if (going) {
        return;
      }
      going = true;
      while (next >= 0) {
        int now = next;
        next = -1;
        step(now);
      }
      going = false;
    }

    private void step(int from) {
      BitSet blocks = regions.get(region);
      int first = blocks == null ? -1 : blocks.nextSetBit(from);
      if (first < 0) {
        end(blocks, BlockStatus.SUCCESS);
        return;
      }
      BlockIo io = pool.tryAcquire();
      if (io == null) {
        reactor.timers().schedule(RETRY_NANOS, () -> go(first));
        return;
      }
      int count =
          first < singlyUntil
              ? 1
              : (int) Math.min(pieceBlocks, layout.regionBlocks(region) - first);
      io.prepare(
          BlockOp.READ, layout.dataStartBlock() + layout.regionStartBlock(region) + first, count);
      if (!device.traits().lendsReads()) {
        if (memory == null) {
          memory = MemorySegment.ofArray(new byte[count * layout.blockSizeBytes()]);
        }
        io.data().add(memory, 0, (long) count * layout.blockSizeBytes());
      }
      io.onCompletion(read -> pieceRead(read, first, count), null);
      stale = false;
      device.submit(io);
    }

    private void end(BitSet blocks, BlockStatus status) {
      passes.remove(this);
      if (adopts && blocks != null) {
        if (blocks.isEmpty()) {
          regions.remove(region);
        } else {
          left.set(region);
        }
      }
      done.done(status);
    }

    /** Who is judged is neither right nor wrong in it; what is adopted is not known. */
    private void cannotBeAsked(BlockIo read, int first, BlockStatus status) {
      if (adopts) {
        look(read, first, 0);
      } else {
        pool.giveBack(read);
        end(null, status);
      }
    }

    private void pieceRead(BlockIo read, int first, int count) {
      switch (read.status()) {
        case BUSY -> {
          if (busyTries++ < MAX_BUSY_TRIES) {
            pool.giveBack(read);
            reactor.timers().schedule(RETRY_NANOS, () -> go(first));
          } else {
            cannotBeAsked(read, first, BlockStatus.BUSY);
          }
        }
        case SUCCESS -> look(read, first, 0);
        case READ_FAULT -> {
          pool.giveBack(read);
          if (count > 1) {
            singlyUntil = first + count;
            go(first);
          } else if (stale) {
            // Written since.
            go(first);
          } else {
            if (adopts) {
              trust(layout.regionStartBlock(region) + first);
            }
            go(first + 1);
          }
        }
        default -> cannotBeAsked(read, first, read.status());
      }
    }

    /** At the blocks that were not written meanwhile; loads pages on the way. */
    private void look(BlockIo read, int first, int from) {
      long start = layout.regionStartBlock(region) + first;
      int count = (int) read.blockCount();
      for (int i = from; i < count; i++) {
        long index = (start + i) / ChecksumPage.ENTRIES;
        ChecksumPages.Page page = pages.get(index);
        if (page == null) {
          int at = i;
          pages.load(index, status -> loaded(read, first, at, status));
          return;
        }
        if (stale) {
          pool.giveBack(read);
          go(first);
          return;
        }
        if (contains(start + i)) {
          decide(page, start + i, read.status().isSuccess() ? checksums.of(read.data(), i) : 0);
        }
      }
      busyTries = read.status().isSuccess() ? 0 : busyTries;
      pool.giveBack(read);
      go(first + count);
    }

    /**
     * @param found 0 where the content is not known
     */
    private void decide(ChecksumPages.Page page, long block, int found) {
      int entry = (int) (block % ChecksumPage.ENTRIES);
      if (adopts) {
        page.set(entry, found);
        trust(block);
      } else if (found != 0 && found == page.get(entry)) {
        trust(block);
      }
    }

    private void loaded(BlockIo read, int first, int at, BlockStatus status) {
      if (status.isSuccess()) {
        look(read, first, at);
      } else if (status == BlockStatus.BUSY && busyTries++ < MAX_BUSY_TRIES) {
        reactor.timers().schedule(RETRY_NANOS, () -> look(read, first, at));
      } else {
        int count = (int) read.blockCount();
        pool.giveBack(read);
        if (adopts) {
          go(first + count);
        } else {
          end(null, status);
        }
      }
    }
  }
}
