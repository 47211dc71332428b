package io.dnvme.disk.format;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * Reads and writes of what a disk says of itself: seldom, of any length, with one completion each,
 * on one reactor. What the device refuses because it is busy is tried again: an overload of the
 * data path must not look like damage.
 */
final class DeviceAccess {

  static final int ALIGNMENT_BYTES = 4 << 10;

  private static final long BUSY_RETRY_NANOS = 1_000_000;

  /**
   * Commands that end at once start the next one; so many deep at most, then on a turn of its own.
   */
  private static final int MAX_NESTING = 16;

  private final Reactor reactor;
  private final BlockDevice device;
  private final DiskHealth health;
  private int nesting;

  DeviceAccess(Reactor reactor, BlockDevice device) {
    this(reactor, device, new DiskHealth());
  }

  /**
   * @param health shared by all who use the device: a flush that fails ends the trust of all
   */
  DeviceAccess(Reactor reactor, BlockDevice device, DiskHealth health) {
    this.reactor = reactor;
    this.device = device;
    this.health = health;
  }

  Reactor reactor() {
    return reactor;
  }

  BlockDevice device() {
    return device;
  }

  BlockGeometry geometry() {
    return device.geometry();
  }

  DiskHealth health() {
    return health;
  }

  /** Zeroed memory that every device takes. */
  static MemorySegment allocate(long lengthBytes) {
    return Arena.ofAuto().allocate(lengthBytes, ALIGNMENT_BYTES);
  }

  /** The most that one command carries, in whole blocks. */
  private long stepBytes() {
    int blockBytes = geometry().blockSizeBytes();
    return device.traits().maxTransferBytes() / blockBytes * blockBytes;
  }

  /** Fills {@code lengthBytes} of {@code target}, whole blocks; ends at the first failure. */
  void read(
      long startBlock,
      MemorySegment target,
      long offsetBytes,
      long lengthBytes,
      Consumer<BlockStatus> done) {
    if (lengthBytes == 0) {
      done.accept(BlockStatus.SUCCESS);
      return;
    }
    long step = Math.min(lengthBytes, stepBytes());
    long blocks = step >> geometry().blockShift();
    BlockIo io = new BlockIo(reactor).prepare(BlockOp.READ, startBlock, blocks);
    boolean lends = device.traits().lendsReads();
    if (!lends) {
      io.data().add(target, offsetBytes, step);
    }
    submit(
        io,
        status -> {
          if (status.isSuccess() && lends) {
            io.data().copyTo(target, offsetBytes);
          }
          io.release();
          if (status.isSuccess()) {
            read(startBlock + blocks, target, offsetBytes + step, lengthBytes - step, done);
          } else {
            done.accept(status);
          }
        });
  }

  /** Writes {@code lengthBytes} of {@code source}, whole blocks; ends at the first failure. */
  void write(
      long startBlock,
      MemorySegment source,
      long offsetBytes,
      long lengthBytes,
      Consumer<BlockStatus> done) {
    if (lengthBytes == 0) {
      done.accept(BlockStatus.SUCCESS);
      return;
    }
    long step = Math.min(lengthBytes, stepBytes());
    long blocks = step >> geometry().blockShift();
    BlockIo io = new BlockIo(reactor).prepare(BlockOp.WRITE, startBlock, blocks);
    io.data().add(source, offsetBytes, step);
    submit(
        io,
        status -> {
          if (status.isSuccess()) {
            write(startBlock + blocks, source, offsetBytes + step, lengthBytes - step, done);
          } else {
            done.accept(status);
          }
        });
  }

  /** Everything that was completed before is durable at success. */
  void flush(Consumer<BlockStatus> done) {
    submit(
        new BlockIo(reactor).prepare(BlockOp.FLUSH, 0, 0),
        status -> {
          if (!status.isSuccess()) {
            health.fail("a flush failed: " + status);
          }
          // Another one's flush may have been told of the loss of what this one was for.
          boolean lost = status.isSuccess() && health.isFailed();
          done.accept(lost ? BlockStatus.FAILED : status);
        });
  }

  /** {@link BlockOp#WRITE_ZEROES} or {@link BlockOp#DEALLOCATE}. */
  void zero(BlockOp op, long startBlock, long blocks, Consumer<BlockStatus> done) {
    submit(new BlockIo(reactor).prepare(op, startBlock, blocks).mayDeallocate(true), done);
  }

  private void submit(BlockIo io, Consumer<BlockStatus> done) {
    if (health.isFailed()) {
      done.accept(BlockStatus.FAILED);
      return;
    }
    io.onCompletion(
        completed -> {
          if (completed.status() == BlockStatus.BUSY) {
            reactor.timers().schedule(BUSY_RETRY_NANOS, () -> device.submit(io));
          } else {
            tell(done, completed.status());
          }
        },
        null);
    device.submit(io);
  }

  /**
   * A memory disk has ended before the submitting method returns: the stack must not grow with it.
   */
  private void tell(Consumer<BlockStatus> done, BlockStatus status) {
    if (nesting == MAX_NESTING) {
      reactor.execute(() -> tell(done, status));
      return;
    }
    nesting++;
    try {
      done.accept(status);
    } finally {
      nesting--;
    }
  }
}
