package io.dnvme.volume;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.IoCounters;
import io.dnvme.block.LayerCounters;
import io.dnvme.block.PerReactor;
import io.dnvme.block.Reactor;
import io.dnvme.block.RequestCheck;
import io.dnvme.block.Timers.Timer;

/**
 * Holds commands back to a number of operations and bytes a second, reads and writes apart. Passes
 * every command on as it is, in the order in which its reactor submitted the reads, and the writes;
 * flushes pass at once, and so does everything that has no limit and nobody of its kind before it.
 *
 * <p>All reactors share the limits. On each, the first command that waits has taken its tokens and
 * has an alarm for its start; the others queue behind it, so that no reactor takes more than its
 * turn. How many wait is for the submitter to bound: each is one that it has in flight.
 *
 * <p>The counters tell of commands that met a limit, and of how long they waited here.
 */
public final class QosDevice implements BlockDevice {

  /** The waiting commands of one reactor and one kind. Touched on the reactor only. */
  private final class Line {
    private final Reactor reactor;
    private final IoCounters counters;
    private final TokenBucket operations;
    private final TokenBucket bytes;
    private final Runnable advance = this::advance;
    private BlockIo first;
    private BlockIo last;

    /** The limits under which the first has taken its tokens; null where it has not yet. */
    private QosLimits reservedUnder;

    /** When it may start, where it has. */
    private long startNanos;

    private Timer alarm;
    private boolean advancing;

    Line(Reactor reactor, TokenBucket operations, TokenBucket bytes) {
      this.reactor = reactor;
      this.operations = operations;
      this.bytes = bytes;
      counters = QosDevice.this.counters.on(reactor);
    }

    void submit(BlockIo io) {
      if (first == null && operations.isUnlimited() && bytes.isUnlimited()
          || !RequestCheck.check(io, inner.geometry(), inner.traits()).isSuccess()) {
        inner.submit(io);
        return;
      }
      counters.started();
      io.stampNanos(reactor.clock().nanos());
      append(io);
      if (first == io && !advancing) {
        advance();
      }
    }

    /** Lets go whoever may, and sets the alarm for the next. */
    void advance() {
      if (alarm != null) {
        alarm.cancel();
        alarm = null;
      }
      advancing = true;
      while (first != null && mayStart()) {
        BlockIo io = removeFirst();
        long waited = reactor.clock().nanos() - io.stampNanos();
        counters.finished(io.op(), io.status(), movedBytes(io), waited);
        // May complete at once; what is submitted then joins the line, and this loop sees it.
        inner.submit(io);
      }
      advancing = false;
    }

    /** Whether the first may start now; else the alarm is set for when it may. */
    private boolean mayStart() {
      long now = reactor.clock().nanos();
      if (reservedUnder == null) {
        // Read first: the buckets change before it does.
        reservedUnder = limits;
        startNanos = Math.max(operations.reserve(1, now), bytes.reserve(movedBytes(first), now));
      }
      if (startNanos > now) {
        alarm = reactor.timers().schedule(startNanos - now, advance);
        return false;
      }
      return true;
    }

    /** The limits are others: the first asks again, instead of waiting for the old ones' time. */
    void reconsider() {
      if (reservedUnder != limits) {
        reservedUnder = null;
        advance();
      }
    }

    private void append(BlockIo io) {
      io.link(null);
      if (first == null) {
        first = io;
      } else {
        last.link(io);
      }
      last = io;
    }

    private BlockIo removeFirst() {
      BlockIo io = first;
      first = io.link();
      if (first == null) {
        last = null;
      }
      io.link(null);
      reservedUnder = null;
      return io;
    }
  }

  /** What one reactor has of this device. */
  private final class Lane {
    private final Reactor reactor;
    private final Line reads;
    private final Line writes;

    Lane(Reactor reactor) {
      this.reactor = reactor;
      reads = new Line(reactor, readOperations, readBytes);
      writes = new Line(reactor, writeOperations, writeBytes);
    }

    void reconsider() {
      reads.reconsider();
      writes.reconsider();
    }
  }

  private final BlockDevice inner;
  private final DeviceTraits traits;
  private final TokenBucket readOperations = new TokenBucket();
  private final TokenBucket writeOperations = new TokenBucket();
  private final TokenBucket readBytes = new TokenBucket();
  private final TokenBucket writeBytes = new TokenBucket();
  private final LayerCounters counters = new LayerCounters();
  private final PerReactor<Lane> lanes = new PerReactor<>(Lane::new);
  private volatile QosLimits limits = QosLimits.UNLIMITED;

  /**
   * @param inner closed with this device
   */
  public QosDevice(BlockDevice inner, QosLimits limits) {
    this.inner = inner;
    DeviceTraits below = inner.traits();
    traits =
        new DeviceTraits(
            below.lendsReads(),
            // A write that waits here still needs its data.
            false,
            below.volatileCache(),
            below.deallocates(),
            below.maxTransferBytes());
    limits(limits);
  }

  /** Changes the limits, for those who wait already too. From any thread. */
  public synchronized void limits(QosLimits changed) {
    readOperations.limit(changed.readOperations());
    writeOperations.limit(changed.writeOperations());
    readBytes.limit(changed.readBytes());
    writeBytes.limit(changed.writeBytes());
    limits = changed;
    lanes.forEach(lane -> lane.reactor.execute(lane::reconsider));
  }

  public QosLimits limits() {
    return limits;
  }

  @Override
  public BlockGeometry geometry() {
    return inner.geometry();
  }

  @Override
  public DeviceTraits traits() {
    return traits;
  }

  public LayerCounters counters() {
    return counters;
  }

  @Override
  public void submit(BlockIo io) {
    if (io.op() == BlockOp.FLUSH) {
      inner.submit(io);
    } else if (io.op().changes()) {
      lanes.of(io.reactor()).writes.submit(io);
    } else {
      lanes.of(io.reactor()).reads.submit(io);
    }
  }

  @Override
  public void close() {
    inner.close();
  }

  private long movedBytes(BlockIo io) {
    return switch (io.op()) {
      case READ, WRITE, COMPARE, COMPARE_AND_WRITE ->
          io.blockCount() << inner.geometry().blockShift();
      case WRITE_ZEROES, DEALLOCATE, FLUSH -> 0;
    };
  }
}
