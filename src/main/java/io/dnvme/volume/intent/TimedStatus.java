package io.dnvme.volume.intent;

import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.block.Timers.Timer;

/**
 * How a command of the log ends: as its device says, or with PATH_LOST when that takes too long,
 * whatever the device says later. On the group's home reactor.
 */
final class TimedStatus {

  private final Reactor reactor;
  private final long timeoutNanos;
  private HeaderMedium.Done done;
  private Timer limit;

  TimedStatus(Reactor reactor, long timeoutNanos) {
    this.reactor = reactor;
    this.timeoutNanos = timeoutNanos;
  }

  /** The time begins; {@code whenEnded} is told once. */
  void then(HeaderMedium.Done whenEnded) {
    done = whenEnded;
    limit = reactor.timers().schedule(timeoutNanos, () -> ended(BlockStatus.PATH_LOST));
  }

  void ended(BlockStatus status) {
    HeaderMedium.Done told = done;
    done = null;
    if (told != null) {
      limit.cancel();
      told.done(status);
    }
  }
}
