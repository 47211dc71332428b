package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import java.lang.foreign.MemorySegment;

/**
 * What becomes of the checksums of a write that a medium refused: each of its blocks is old or new,
 * and is read to see which.
 *
 * <pre>
 *   a block that was read ─┬─ is the new one ─► its checksum becomes the new one's
 *                          └─ any other      ─► keeps its checksum: an old one is good,
 *                                               what is neither, rot or torn, is a read fault
 *   one that cannot be     ──► {@linkplain DistrustedRegions#leave nothing vouches for it}
 * </pre>
 *
 * <p>So rot that nobody had read yet stays a fault, and what all members refused is made equal to
 * what is right (NO-SILENT-LOSS). Of one reactor.
 */
final class FailedWrites {

  /** Told once, with what the write ended with. */
  @FunctionalInterface
  interface End {
    void ended(BlockIo io, BlockIo child, BlockStatus failure);
  }

  /** Read at once. */
  static final int PIECE_BYTES = 64 << 10;

  private static final long RETRY_NANOS = 10_000_000;

  /** A second of them; who waits for the write's range must not wait for ever. */
  private static final int MAX_BUSY_TRIES = 100;

  private final BlockDevice device;
  private final MemberLayout layout;
  private final Reactor reactor;
  private final ChecksumPages pages;
  private final BlockChecksums checksums;
  private final DistrustedRegions distrusted;
  private final End end;

  FailedWrites(
      BlockDevice device,
      MemberLayout layout,
      Reactor reactor,
      ChecksumPages pages,
      BlockChecksums checksums,
      DistrustedRegions distrusted,
      End end) {
    this.device = device;
    this.layout = layout;
    this.reactor = reactor;
    this.pages = pages;
    this.checksums = checksums;
    this.distrusted = distrusted;
    this.end = end;
  }

  /**
   * @param io the write, of the group's data
   * @param child with which the medium was asked; used to read
   */
  void settle(BlockIo io, BlockIo child, BlockStatus failure) {
    new Check(io, child, failure).go(0);
  }

  private final class Check {
    private final BlockIo io;
    private final BlockIo child;
    private final BlockStatus failure;
    private final long start;

    /** Up to here blocks are read one by one. */
    private long singlyUntil;

    private int busyTries;
    private long next;
    private boolean going;

    Check(BlockIo io, BlockIo child, BlockStatus failure) {
      this.io = io;
      this.child = child;
      this.failure = failure;
      start = io.startBlock() - layout.dataStartBlock();
    }

    /** What completes at once goes on in this loop, not on the stack. */
    void go(long from) {
      next = from;
      if (going) {
        return;
      }
      going = true;
      while (next >= 0) {
        long now = next;
        next = -1;
        if (now == io.blockCount()) {
          over(now);
        } else {
          read(now);
        }
      }
      going = false;
    }

    private void read(long first) {
      long piece = PIECE_BYTES / layout.blockSizeBytes();
      long count = first < singlyUntil ? 1 : Math.min(piece, io.blockCount() - first);
      child.release();
      child.prepare(BlockOp.READ, io.startBlock() + first, count);
      if (!device.traits().lendsReads()) {
        byte[] memory = new byte[(int) count * layout.blockSizeBytes()];
        child.data().add(MemorySegment.ofArray(memory), 0, memory.length);
      }
      child.onCompletion(read -> pieceRead(first, read.status()), null);
      device.submit(child);
    }

    private void pieceRead(long first, BlockStatus status) {
      long count = child.blockCount();
      switch (status) {
        case SUCCESS -> look(first, 0);
        case READ_FAULT -> {
          if (count > 1) {
            singlyUntil = first + count;
            go(first);
          } else {
            distrusted.leave(start + first, 1);
            go(first + 1);
          }
        }
        case BUSY -> retry(first, () -> go(first));
        default -> over(first);
      }
    }

    private void retry(long first, Runnable again) {
      if (busyTries++ < MAX_BUSY_TRIES) {
        reactor.timers().schedule(RETRY_NANOS, again);
      } else {
        over(first);
      }
    }

    private void look(long first, int from) {
      for (int i = from; i < child.blockCount(); i++) {
        long block = start + first + i;
        ChecksumPages.Page page = pages.get(block / ChecksumPage.ENTRIES);
        if (page == null) {
          int at = i;
          pages.load(block / ChecksumPage.ENTRIES, status -> loaded(first, at, status));
          return;
        }
        int written = checksums.written(io, first + i);
        if (checksums.of(child.data(), i) == written) {
          page.set((int) (block % ChecksumPage.ENTRIES), written);
          distrusted.trust(block);
        }
      }
      go(first + child.blockCount());
    }

    private void loaded(long first, int at, BlockStatus status) {
      if (status.isSuccess()) {
        look(first, at);
      } else if (status == BlockStatus.BUSY) {
        retry(first + at, () -> look(first, at));
      } else {
        over(first + at);
      }
    }

    /** Nothing is known of the blocks from that one on. */
    private void over(long unknown) {
      distrusted.leave(start + unknown, io.blockCount() - unknown);
      distrusted.readAgain(start, io.blockCount());
      end.ended(io, child, failure);
    }
  }
}
