package io.dnvme.volume;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A rate with bursts that several reactors share without a lock.
 *
 * <p>Instead of tokens it keeps one time, to which all that was let through would take at the exact
 * rate (the generic cell rate algorithm's theoretical arrival time). It may run ahead of the clock
 * by the burst; what comes then has to wait for as long as it is further ahead. An idle bucket's
 * time lags behind the clock, and what comes next starts from the clock:
 *
 * <pre>
 *   start of a command = max(now, time − burst)      time = max(now, time) + units / rate
 * </pre>
 *
 * So a command larger than the burst is let through like any other, and those after it pay. A
 * caller that reserved must wait until its start and need not ask again.
 */
final class TokenBucket {

  /** The least burst: what alarms that ring late may lose is made up for. */
  static final long MIN_BURST_NANOS = 10_000_000;

  private static final double NANOS_PER_SECOND = 1e9;
  private static final long LONG_AGO = Long.MIN_VALUE / 2;

  /** Both figures of a limit, so that they change together. */
  private record Pace(double nanosPerUnit, long burstNanos) {}

  private static final Pace UNLIMITED = new Pace(0, 0);

  private final AtomicLong timeNanos = new AtomicLong(LONG_AGO);
  private volatile Pace pace = UNLIMITED;

  boolean isUnlimited() {
    return pace == UNLIMITED;
  }

  /** Begins anew with {@code limit} and a whole burst. */
  void limit(RateLimit limit) {
    if (limit.isUnlimited()) {
      pace = UNLIMITED;
    } else {
      double nanosPerUnit = NANOS_PER_SECOND / limit.perSecond();
      double burstNanos = Math.min(limit.burst() * nanosPerUnit, Long.MAX_VALUE / 4);
      pace = new Pace(nanosPerUnit, Math.max((long) burstNanos, MIN_BURST_NANOS));
    }
    timeNanos.set(LONG_AGO);
  }

  /** Takes {@code units}; gives the time at which their command may start, {@code now} at least. */
  long reserve(long units, long nowNanos) {
    Pace current = pace;
    if (current == UNLIMITED || units == 0) {
      return nowNanos;
    }
    long costNanos = Math.round(units * current.nanosPerUnit);
    while (true) {
      long time = timeNanos.get();
      if (timeNanos.compareAndSet(time, Math.max(time, nowNanos) + costNanos)) {
        return Math.max(nowNanos, time - current.burstNanos);
      }
    }
  }
}
