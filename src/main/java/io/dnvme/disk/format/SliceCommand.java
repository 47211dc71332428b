package io.dnvme.disk.format;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.IoVector;
import io.dnvme.block.Reactor;

/**
 * One command of a logical disk on its way through the disk: as one command there, as two where its
 * data crosses into an extent that lies elsewhere, or as one after another where a range without
 * data does. Pooled; belongs to its reactor.
 */
final class SliceCommand implements BlockIo.Lender {

  private final SliceDevice.Lane lane;
  private final BlockDevice disk;
  private final BlockIo first;
  private final BlockIo second;

  // Made once, so that a command makes nothing.
  private final BlockIo.Completion pieceEnded = this::pieceEnded;
  private final BlockIo.Completion stepEnded = this::stepEnded;

  private BlockIo parent;
  private SliceMap map;
  private BlockStatus outcome;
  private int outstanding;

  // Where a range without data is, and whether its loop is to go on.
  private long nextBlock;
  private long blocksLeft;
  private boolean stepping;
  private boolean stepped;

  SliceCommand(SliceDevice.Lane lane, BlockDevice disk, Reactor reactor) {
    this.lane = lane;
    this.disk = disk;
    first = new BlockIo(reactor);
    second = new BlockIo(reactor);
  }

  void start(BlockIo io, SliceMap now) {
    parent = io;
    map = now;
    outcome = BlockStatus.SUCCESS;
    switch (io.op()) {
      case FLUSH -> {
        outstanding = 1;
        disk.submit(first.prepare(BlockOp.FLUSH, 0, 0).onCompletion(pieceEnded, null));
      }
      case WRITE_ZEROES, DEALLOCATE -> {
        nextBlock = io.startBlock();
        blocksLeft = io.blockCount();
        step();
      }
      case READ, WRITE, COMPARE, COMPARE_AND_WRITE -> startWithData(io);
    }
  }

  private void startWithData(BlockIo io) {
    long blocks = io.blockCount();
    long run = map.runBlocks(io.startBlock(), blocks);
    if (run == blocks) {
      outstanding = 1;
      disk.submit(prepareData(first, 0, blocks));
      return;
    }
    outstanding = 2;
    prepareData(first, 0, run);
    prepareData(second, run, blocks - run);
    disk.submit(first);
    disk.submit(second);
  }

  /** The blocks {@code [skip, skip + count)} of the command. */
  private BlockIo prepareData(BlockIo piece, long skip, long count) {
    piece
        .prepare(parent.op(), map.deviceBlock(parent.startBlock() + skip), count)
        .forceUnitAccess(parent.forceUnitAccess())
        .onCompletion(pieceEnded, null);
    int blockShift = map.geometry().blockShift();
    addPart(piece.data(), parent.data(), skip << blockShift, count << blockShift);
    addPart(piece.compareData(), parent.compareData(), skip << blockShift, count << blockShift);
    return piece;
  }

  private static void addPart(IoVector piece, IoVector whole, long from, long length) {
    if (whole.lengthBytes() > 0) {
      piece.addPart(whole, from, length);
    }
  }

  private void pieceEnded(BlockIo piece) {
    if (outcome.isSuccess()) {
      outcome = piece.status();
    }
    outstanding--;
    if (outstanding == 0) {
      end();
    }
  }

  /** Starts the pieces of a range without data, each when the one before has ended. */
  private void step() {
    stepping = true;
    do {
      stepped = false;
      long run = map.runBlocks(nextBlock, blocksLeft);
      first
          .prepare(parent.op(), map.deviceBlock(nextBlock), run)
          .forceUnitAccess(parent.forceUnitAccess())
          .mayDeallocate(parent.mayDeallocate())
          .onCompletion(stepEnded, null);
      nextBlock += run;
      blocksLeft -= run;
      disk.submit(first);
    } while (stepped && outcome.isSuccess() && blocksLeft > 0);
    stepping = false;
    if (stepped) {
      end();
    }
  }

  private void stepEnded(BlockIo piece) {
    outcome = piece.status();
    stepped = true;
    if (stepping) {
      return;
    }
    if (outcome.isSuccess() && blocksLeft > 0) {
      step();
    } else {
      end();
    }
  }

  private void end() {
    BlockIo io = parent;
    BlockStatus status = outcome;
    if (endsTrust(io, status)) {
      lane.failed(io.op() + " failed: " + status);
    }
    boolean lent = status.isSuccess() && io.op() == BlockOp.READ && disk.traits().lendsReads();
    if (lent) {
      lend(io, first);
      if (map.runBlocks(io.startBlock(), io.blockCount()) < io.blockCount()) {
        lend(io, second);
      }
    } else {
      giveBack();
    }
    lane.complete(io, status);
  }

  /** What should be on the medium is not, or the device has failed, of which it tells everybody. */
  private static boolean endsTrust(BlockIo io, BlockStatus status) {
    return switch (status) {
      case FAILED -> true;
      case SUCCESS, BUSY -> false;
      default -> io.op() == BlockOp.FLUSH;
    };
  }

  private void lend(BlockIo io, BlockIo piece) {
    IoVector views = piece.data();
    for (int i = 0; i < views.count(); i++) {
      io.lend(this, views.segment(i), views.offsetBytes(i), views.lengthBytes(i));
    }
  }

  /** Gets the views of a read back. */
  @Override
  public void reclaim(BlockIo io) {
    giveBack();
  }

  private void giveBack() {
    first.release();
    second.release();
    parent = null;
    map = null;
    lane.giveBack(this);
  }
}
