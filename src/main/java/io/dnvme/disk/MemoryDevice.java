package io.dnvme.disk;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Buffer;
import io.dnvme.block.BufferPool;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.IoCounters;
import io.dnvme.block.LayerCounters;
import io.dnvme.block.OverlapGate;
import io.dnvme.block.PerReactor;
import io.dnvme.block.Reactor;
import io.dnvme.block.ReactorInbox;
import io.dnvme.block.RequestCheck;
import java.lang.foreign.MemorySegment;

/**
 * A disk in memory: everything completes inline on the submitting reactor, save what waits in the
 * {@link OverlapGate} and the steps of a long deallocation. Nothing survives the process, so there
 * is no volatile cache to speak of and a flush has nothing to do.
 *
 * <p>Reads lend views of the disk's own memory. Until they are given back, changes of the same 4
 * KiB regions wait: who lends them on to a socket bounds the time that it may hold them.
 *
 * <p>Space is taken when first written and given back when deallocated or zeroed, whether or not a
 * Write Zeroes asks to keep it: memory cannot be reserved.
 */
public final class MemoryDevice implements BlockDevice, BlockIo.Lender {

  /**
   * The most data of one command: twice as much fits a buffer, which is what a compare-and-write
   * needs that has to wait.
   */
  public static final int MAX_TRANSFER_BYTES = BufferPool.MAX_BUFFER_BYTES / 2;

  private static final DeviceTraits TRAITS =
      new DeviceTraits(true, true, false, true, MAX_TRANSFER_BYTES);

  /** How much one task of a reactor zeroes: half a millisecond's worth of touched pages. */
  private static final long ZERO_STEP_BYTES = 16 << 20;

  /** Reading the clock costs as much as a command: one in so many is timed and counts for all. */
  private static final int COMMANDS_PER_TIMED = 64;

  private static final long NOT_TIMED = -1;

  /** Marks a command whose data found no buffer to wait in. */
  private static final Object REFUSED = new Object();

  /** What one reactor has of this device. */
  private final class Lane {
    private final Reactor reactor;
    private final IoCounters counters;
    private final ReactorInbox zeroing;
    private int untilTimed;

    Lane(Reactor reactor) {
      this.reactor = reactor;
      counters = MemoryDevice.this.counters.on(reactor);
      zeroing = new ReactorInbox(reactor, MemoryDevice.this::zeroStep);
    }

    void started(BlockIo io) {
      counters.started();
      if (untilTimed-- == 0) {
        untilTimed = COMMANDS_PER_TIMED - 1;
        io.stampNanos(reactor.clock().nanos());
      } else {
        io.stampNanos(NOT_TIMED);
      }
    }

    void finished(BlockIo io, BlockStatus status) {
      long nanos = 0;
      if (io.stampNanos() != NOT_TIMED) {
        nanos = (reactor.clock().nanos() - io.stampNanos()) * COMMANDS_PER_TIMED;
      }
      counters.finished(io.op(), status, io.blockCount() << geometry.blockShift(), nanos);
    }
  }

  private final BlockGeometry geometry;
  private final SparseMemory space;
  private final MemorySegment memory;
  private final OverlapGate gate;
  private final LayerCounters counters = new LayerCounters();
  private final PerReactor<Lane> lanes = new PerReactor<>(Lane::new);
  private volatile boolean closed;

  /** A disk that takes no more memory than is written. */
  public MemoryDevice(BlockGeometry geometry) throws DeviceOpenException {
    this(geometry, false);
  }

  /**
   * A disk of zeroes.
   *
   * @param hugePages on huge pages, as far as the kernel has them: copying to and from the disk
   *     misses the address cache less, and a first write takes 2 MiB
   * @throws DeviceOpenException where the address space does not suffice
   */
  public MemoryDevice(BlockGeometry geometry, boolean hugePages) throws DeviceOpenException {
    this.geometry = geometry;
    space = new SparseMemory(geometry.sizeBytes(), hugePages);
    memory = space.segment();
    gate = new OverlapGate(geometry, this::entered);
  }

  @Override
  public BlockGeometry geometry() {
    return geometry;
  }

  @Override
  public DeviceTraits traits() {
    return TRAITS;
  }

  public LayerCounters counters() {
    return counters;
  }

  @Override
  public void submit(BlockIo io) {
    lanes.of(io.reactor()).started(io);
    if (closed) {
      complete(io, BlockStatus.FAILED);
      return;
    }
    BlockStatus refusal = RequestCheck.check(io, geometry, TRAITS);
    if (!refusal.isSuccess() || io.op() == BlockOp.FLUSH || io.blockCount() == 0) {
      complete(io, refusal);
    } else if (gate.enter(io)) {
      execute(io);
    } else {
      keepData(io);
    }
  }

  /** Gets the views of a read back. */
  @Override
  public void reclaim(BlockIo io) {
    gate.leave(io);
  }

  /** Frees the memory. Views of reads must have been given back. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (!gate.isIdle()) {
      throw new IllegalStateException("a memory disk is closed while its memory is lent");
    }
    space.close();
  }

  private void execute(BlockIo io) {
    long at = io.startBlock() << geometry.blockShift();
    switch (io.op()) {
      case READ -> {
        io.lend(this, memory, at, io.blockCount() << geometry.blockShift());
        complete(io, BlockStatus.SUCCESS);
      }
      case WRITE -> {
        io.data().copyTo(memory, at);
        leave(io, BlockStatus.SUCCESS);
      }
      case COMPARE -> leave(io, outcome(io.data().contentEquals(memory, at)));
      case COMPARE_AND_WRITE -> {
        boolean equal = io.compareData().contentEquals(memory, at);
        if (equal) {
          io.data().copyTo(memory, at);
        }
        leave(io, outcome(equal));
      }
      case WRITE_ZEROES, DEALLOCATE -> {
        io.progress(0);
        zeroStep(io);
      }
      case FLUSH -> throw new IllegalStateException("a flush has no range to enter");
    }
  }

  /** Zeroes the next step, or the last one; a step a task, so that others get their turn. */
  private void zeroStep(BlockIo io) {
    long at = io.startBlock() << geometry.blockShift();
    long length = io.blockCount() << geometry.blockShift();
    long step = Math.min(length - io.progress(), ZERO_STEP_BYTES);
    space.free(at + io.progress(), step);
    io.progress(io.progress() + step);
    if (io.progress() == length) {
      leave(io, BlockStatus.SUCCESS);
    } else {
      lanes.of(io.reactor()).zeroing.push(io);
    }
  }

  /** A command that waits may not need its submitter's data any more: takes a copy. */
  private void keepData(BlockIo io) {
    long length = io.data().lengthBytes();
    long compareLength = io.compareData().lengthBytes();
    if (length == 0) {
      return;
    }
    Buffer buffer = io.reactor().buffers().tryAcquire((int) (length + compareLength));
    if (buffer == null) {
      io.deviceContext(REFUSED);
      return;
    }
    io.data().copyTo(buffer.segment(), 0);
    io.compareData().copyTo(buffer.segment(), length);
    io.deviceContext(buffer);
  }

  /** The gate let a command in that had to wait. */
  private void entered(BlockIo io) {
    if (io.deviceContext() == REFUSED) {
      leave(io, BlockStatus.BUSY);
    } else if (io.deviceContext() instanceof Buffer kept) {
      executeKept(io, kept.segment());
      kept.giveBack();
    } else {
      execute(io);
    }
  }

  private void executeKept(BlockIo io, MemorySegment data) {
    long at = io.startBlock() << geometry.blockShift();
    long length = io.blockCount() << geometry.blockShift();
    boolean compares = io.op() != BlockOp.WRITE;
    long comparedAt = io.op() == BlockOp.COMPARE ? 0 : length;
    boolean equal =
        !compares
            || MemorySegment.mismatch(
                    data, comparedAt, comparedAt + length, memory, at, at + length)
                < 0;
    if (equal && io.op() != BlockOp.COMPARE) {
      MemorySegment.copy(data, 0, memory, at, length);
    }
    leave(io, outcome(equal));
  }

  private static BlockStatus outcome(boolean equal) {
    return equal ? BlockStatus.SUCCESS : BlockStatus.COMPARE_FAILED;
  }

  private void leave(BlockIo io, BlockStatus status) {
    gate.leave(io);
    complete(io, status);
  }

  private void complete(BlockIo io, BlockStatus status) {
    lanes.of(io.reactor()).finished(io, status);
    io.complete(status);
  }
}
