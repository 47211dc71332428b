package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Timers.Timer;

/**
 * A flush of members by the log itself: of all in-sync and rebuilding ones, or of one that is being
 * rebuilt. One at a time. On the group's home reactor.
 *
 * <p>A member that cannot flush, or takes too long, fails, where another in-sync one is left. The
 * last one does not (NO-SILENT-LOSS): the next flush of a host finds it out, and tells the host.
 * One that is BUSY is asked again until it is late.
 */
final class WriteSetFlush {

  private static final long BUSY_RETRY_NANOS = 1_000_000;
  private static final int STARTING = 1 << Integer.SIZE - 1;

  private final MirrorGroup group;
  private final long timeoutNanos;
  private final BlockIo[] ios;
  private final BlockIo.Completion flushed = this::flushed;
  private IntentLog.Answer done;
  private Timer limit;

  /** Members that have not answered. */
  private int pending;

  private boolean failed;
  private boolean stopped;

  WriteSetFlush(MirrorGroup group, long timeoutNanos) {
    this.group = group;
    this.timeoutNanos = timeoutNanos;
    ios = new BlockIo[group.memberCount()];
    for (int member = 0; member < ios.length; member++) {
      ios[member] = new BlockIo(group.reactor());
    }
  }

  boolean isRunning() {
    return done != null;
  }

  /**
   * @param whenFlushed yes: all of them flushed. No: one failed, or was failed before
   */
  void start(int members, IntentLog.Answer whenFlushed) {
    done = whenFlushed;
    failed = (members & group.failed()) != 0;
    int asked = failed ? 0 : members;
    pending = asked | STARTING;
    limit = group.reactor().timers().schedule(timeoutNanos, this::late);
    for (int rest = asked; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      BlockDevice device = group.device(member);
      if (device == null) {
        failed = true;
        ended(1 << member);
      } else {
        device.submit(ios[member].prepare(BlockOp.FLUSH, 0, 0).onCompletion(flushed, device));
      }
    }
    ended(STARTING);
  }

  /** Who waits for it is told no; no timer is left. */
  void stop() {
    stopped = true;
    if (done != null) {
      failed = true;
      ended(pending);
    }
  }

  private void flushed(BlockIo io) {
    if (io.status() == BlockStatus.BUSY && isAwaited(io)) {
      group.reactor().timers().schedule(BUSY_RETRY_NANOS, () -> again(io));
      return;
    }
    for (int member = 0; member < ios.length; member++) {
      // One that was late is forgotten.
      if (ios[member] == io && (pending & 1 << member) != 0) {
        if (!io.status().isSuccess()) {
          failed = true;
          if (group.device(member) == io.context()) {
            fail(member, io.status());
          }
        }
        ended(1 << member);
        return;
      }
    }
  }

  private boolean isAwaited(BlockIo io) {
    for (int member = 0; member < ios.length; member++) {
      if (ios[member] == io) {
        return (pending & ~group.failed() & 1 << member) != 0;
      }
    }
    return false;
  }

  private void again(BlockIo io) {
    if (isAwaited(io)) {
      BlockDevice device = (BlockDevice) io.context();
      device.submit(io.prepare(BlockOp.FLUSH, 0, 0).onCompletion(flushed, device));
    } else {
      io.status(BlockStatus.PATH_LOST);
      flushed(io);
    }
  }

  private void late() {
    int late = pending;
    if (!group.remainsWithout(late) && !stopped) {
      limit = group.reactor().timers().schedule(timeoutNanos, this::late);
      return;
    }
    failed = true;
    pending = STARTING;
    for (int rest = late; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      // Its own one is still on its way.
      ios[member] = new BlockIo(group.reactor());
      group.memberFailed(member, BlockStatus.PATH_LOST);
    }
    ended(STARTING);
  }

  private void fail(int member, BlockStatus why) {
    if (group.remainsWithout(1 << member)) {
      group.memberFailed(member, why);
    }
  }

  private void ended(int members) {
    pending &= ~members;
    if (pending == 0) {
      limit.cancel();
      IntentLog.Answer told = done;
      done = null;
      told.answered(!failed);
    }
  }
}
