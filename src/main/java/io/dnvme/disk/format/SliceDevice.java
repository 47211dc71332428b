package io.dnvme.disk.format;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.IoCounters;
import io.dnvme.block.LayerCounters;
import io.dnvme.block.PerReactor;
import io.dnvme.block.Reactor;
import io.dnvme.block.RequestCheck;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.concurrent.RejectedExecutionException;

/**
 * One way to a logical disk: a slice of a disk, through extents that need not be neighbours. It may
 * grow while it is used. Reads pass the disk's own memory on where the disk lends it.
 *
 * <p>A command that crosses into an extent which lies elsewhere becomes several on the disk; a
 * compare-and-write that does is INVALID, as two places cannot be compared and written in one step.
 * Each reactor may have {@link #COMMANDS_PER_REACTOR} commands in flight; further ones are BUSY.
 *
 * <p>A flush that fails makes the whole disk fail. Once this way to the logical disk is cut, for
 * another association or because it is freed, new commands end with PATH_LOST; those in flight are
 * waited for (OWNER, ZERO).
 *
 * <p>Any reactor; what is in flight belongs to its own.
 */
public final class SliceDevice implements BlockDevice {

  /** More than the queues that a reactor serves bring at a time. */
  public static final int COMMANDS_PER_REACTOR = 16 << 10;

  /** Reading the clock costs as much as a command: one in so many is timed and counts for all. */
  private static final int COMMANDS_PER_TIMED = 64;

  private static final long NOT_TIMED = -1;

  /** What one reactor has of this device. */
  final class Lane {
    private final Reactor reactor;
    private final IoCounters counters;
    private final ArrayDeque<SliceCommand> free = new ArrayDeque<>();
    private int created;
    private int untilTimed;
    private Runnable drained;

    Lane(Reactor reactor) {
      this.reactor = reactor;
      counters = SliceDevice.this.counters.on(reactor);
    }

    private void started(BlockIo io) {
      counters.started();
      if (untilTimed-- == 0) {
        untilTimed = COMMANDS_PER_TIMED - 1;
        io.stampNanos(reactor.clock().nanos());
      } else {
        io.stampNanos(NOT_TIMED);
      }
    }

    private SliceCommand tryAcquire() {
      SliceCommand command = free.pollLast();
      if (command == null && created < COMMANDS_PER_REACTOR) {
        created++;
        command = new SliceCommand(this, disk, reactor);
      }
      return command;
    }

    /** The command is over, and views of its data are given back. */
    void giveBack(SliceCommand command) {
      free.addLast(command);
      tellWhenDrained();
    }

    void complete(BlockIo io, BlockStatus status) {
      long moved = io.op() == BlockOp.FLUSH ? 0 : io.blockCount() << blockShift;
      long nanos = 0;
      if (io.stampNanos() != NOT_TIMED) {
        nanos = (reactor.clock().nanos() - io.stampNanos()) * COMMANDS_PER_TIMED;
      }
      counters.finished(io.op(), status, moved, nanos);
      io.complete(status);
    }

    void failed(String why) {
      health.fail(why);
    }

    private void drain(Runnable whenDrained) {
      drained = whenDrained;
      tellWhenDrained();
    }

    private void tellWhenDrained() {
      if (drained != null && free.size() == created) {
        Runnable told = drained;
        drained = null;
        told.run();
      }
    }
  }

  private final BlockDevice disk;
  private final DiskHealth health;
  private final DeviceTraits traits;
  private final int blockShift;
  private final LayerCounters counters;
  private final PerReactor<Lane> lanes = new PerReactor<>(Lane::new);
  private volatile SliceMap map;
  private volatile boolean revoked;
  private volatile boolean closed;

  SliceDevice(
      BlockDevice disk, SliceMap map, DiskHealth health, long extentBytes, LayerCounters counters) {
    this.disk = disk;
    this.map = map;
    this.health = health;
    this.counters = counters;
    blockShift = disk.geometry().blockShift();
    DeviceTraits below = disk.traits();
    traits =
        new DeviceTraits(
            below.lendsReads(),
            below.consumesWritesOnSubmit(),
            below.volatileCache(),
            below.deallocates(),
            // So that no read or write touches more than two extents.
            (int) Math.min(below.maxTransferBytes(), extentBytes));
  }

  @Override
  public BlockGeometry geometry() {
    return map.geometry();
  }

  @Override
  public DeviceTraits traits() {
    return traits;
  }

  @Override
  public void submit(BlockIo io) {
    Lane lane = lanes.of(io.reactor());
    lane.started(io);
    SliceMap now = map;
    BlockStatus refusal = refusal(io, now);
    if (!refusal.isSuccess() || io.blockCount() == 0 && io.op() != BlockOp.FLUSH) {
      lane.complete(io, refusal);
      return;
    }
    SliceCommand command = lane.tryAcquire();
    if (command == null) {
      lane.complete(io, BlockStatus.BUSY);
    } else {
      command.start(io, now);
    }
  }

  private BlockStatus refusal(BlockIo io, SliceMap now) {
    if (revoked) {
      return BlockStatus.PATH_LOST;
    }
    if (closed || health.isFailed()) {
      return BlockStatus.FAILED;
    }
    BlockStatus refusal = RequestCheck.check(io, now.geometry(), traits);
    boolean crosses =
        refusal.isSuccess()
            && io.op() == BlockOp.COMPARE_AND_WRITE
            && io.blockCount() > 0
            && now.runBlocks(io.startBlock(), io.blockCount()) < io.blockCount();
    return crosses ? BlockStatus.INVALID : refusal;
  }

  /** Commands fail from now on; the disk itself belongs to who opened it. */
  @Override
  public void close() {
    closed = true;
  }

  /** Whether it takes no commands any more. */
  boolean isRevoked() {
    return revoked;
  }

  /** More extents follow the ones it has. */
  void grow(SliceMap larger) {
    map = larger;
  }

  /**
   * Ends it for good: refuses new commands, and tells {@code drained}, on {@code home}, when none
   * is in flight any more.
   */
  void revoke(Reactor home, Runnable drained) {
    revoked = true;
    // A lane that is made now sees it; one that was made before is seen below.
    VarHandle.fullFence();
    var busy = new ArrayList<Lane>();
    lanes.forEach(busy::add);
    if (busy.isEmpty()) {
      drained.run();
      return;
    }
    var outstanding = new int[] {busy.size()};
    Runnable laneDrained =
        () -> {
          outstanding[0]--;
          if (outstanding[0] == 0) {
            drained.run();
          }
        };
    for (Lane lane : busy) {
      try {
        lane.reactor.execute(() -> lane.drain(() -> home.execute(laneDrained)));
      } catch (RejectedExecutionException ended) {
        // A reactor ends only after its commands did.
        laneDrained.run();
      }
    }
  }
}
