package io.dnvme.volume;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.IoVector;
import io.dnvme.block.Reactor;
import java.util.Arrays;

/**
 * A command on the devices of a {@link ConcatDevice}: one part on each that it touches, all at the
 * same time. Reused, and so are its parts. On the reactor of its command, or on the home reactor.
 */
final class ConcatCommand {

  /** What one device is asked. */
  private final class Part {
    private final BlockIo io;
    private BlockDevice device;

    /** Where its data lies in the command's. */
    private long offsetBytes;

    Part(Reactor reactor) {
      io = new BlockIo(reactor).onCompletion(this::completed, null);
    }

    void send(BlockDevice to, long startBlock, long blockCount, long dataOffsetBytes) {
      BlockOp op = command.op();
      device = to;
      offsetBytes = dataOffsetBytes;
      io.prepare(op, startBlock, blockCount)
          .forceUnitAccess(command.forceUnitAccess())
          .mayDeallocate(command.mayDeallocate());
      long bytes = blockCount << concat.blockShift();
      switch (op) {
        case READ -> {
          if (!to.traits().lendsReads()) {
            io.data().addPart(command.data(), dataOffsetBytes, bytes);
          }
        }
        case WRITE, COMPARE -> io.data().addPart(command.data(), dataOffsetBytes, bytes);
        case COMPARE_AND_WRITE -> {
          io.data().addPart(command.data(), dataOffsetBytes, bytes);
          io.compareData().addPart(command.compareData(), dataOffsetBytes, bytes);
        }
        case WRITE_ZEROES, DEALLOCATE, FLUSH -> {}
      }
      to.submit(io);
    }

    private void completed(BlockIo done) {
      BlockStatus status = done.status();
      if (status.isSuccess() && done.op() == BlockOp.READ && device.traits().lendsReads()) {
        takeLent(done.data());
      }
      done.release();
      device = null;
      if (!status.isSuccess() && result.isSuccess()) {
        result = status;
      }
      ended();
    }

    private void takeLent(IoVector lent) {
      long at = offsetBytes;
      for (int i = 0; i < lent.count(); i++) {
        target.clear().addPart(command.data(), at, lent.lengthBytes(i));
        target.copyFrom(lent.segment(i), lent.offsetBytes(i));
        at += lent.lengthBytes(i);
      }
      target.clear();
    }
  }

  private final class Place extends RangeLock.Hold {
    @Override
    protected void granted() {
      start(command, first);
    }
  }

  private final ConcatDevice concat;
  private final ConcatDevice.Lane lane;
  private final Reactor reactor;
  private final IoVector target = new IoVector();
  private Part[] parts = new Part[2];
  private final Place place = new Place();
  private BlockIo command;
  private BlockStatus result;
  private int pending;

  /** Whom to tell when it is over; null for one that needs no order. */
  private BorderCrossings order;

  private int first;

  ConcatCommand(ConcatDevice concat, ConcatDevice.Lane lane, Reactor reactor) {
    this.concat = concat;
    this.lane = lane;
    this.reactor = reactor;
  }

  /**
   * @param firstDevice the device that holds the command's first block
   */
  void start(BlockIo io, int firstDevice) {
    command = io;
    result = BlockStatus.SUCCESS;
    // One for this method: what completes at once must not end the command under it.
    pending = 1;
    if (io.op() == BlockOp.FLUSH) {
      for (int i = 0; i < concat.deviceCount(); i++) {
        pending++;
        part(i).send(concat.device(i), 0, 0, 0);
      }
    } else {
      sendParts(firstDevice);
    }
    ended();
  }

  /** As {@link #start}, when nothing before it overlaps. */
  void startInOrder(BlockIo io, int firstDevice, BorderCrossings crossings) {
    command = io;
    first = firstDevice;
    order = crossings;
    if (crossings.enter(place, io)) {
      start(io, first);
    }
  }

  private void sendParts(int firstDevice) {
    long block = command.startBlock();
    long end = block + command.blockCount();
    for (int i = firstDevice; block < end; i++) {
      long count = Math.min(concat.left(i, block), end - block);
      pending++;
      part(i - firstDevice)
          .send(
              concat.device(i),
              block - concat.startOf(i),
              count,
              block - command.startBlock() << concat.blockShift());
      block += count;
    }
  }

  private Part part(int index) {
    if (index >= parts.length) {
      parts = Arrays.copyOf(parts, parts.length * 2);
    }
    if (parts[index] == null) {
      parts[index] = new Part(reactor);
    }
    return parts[index];
  }

  private void ended() {
    if (--pending == 0) {
      BlockIo over = command;
      command = null;
      if (order != null) {
        BorderCrossings told = order;
        order = null;
        told.leave(place);
      }
      lane.over(this, over, result);
    }
  }
}
