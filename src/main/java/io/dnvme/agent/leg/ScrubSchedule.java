package io.dnvme.agent.leg;

import io.dnvme.volume.mirror.ScrubOptions;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * When the owner of a leg compares its members, and how fast.
 *
 * @param intervalSeconds from the end of one scrub to the beginning of the next; 0: never
 * @param atStart whether a controller begins one as soon as it serves the leg for the first time
 * @param rates of a leg, of which one group is read at a time
 * @param unixSeconds the time of day; only when a scrub begins depends on it
 */
public record ScrubSchedule(
    long intervalSeconds, boolean atStart, ScrubOptions rates, LongSupplier unixSeconds) {

  /** So long is not yet never. */
  public static final long MAX_INTERVAL_SECONDS = TimeUnit.DAYS.toSeconds(3650);

  public static final ScrubSchedule NEVER =
      new ScrubSchedule(0, false, ScrubOptions.DEFAULTS, () -> 0);

  public ScrubSchedule {
    if (intervalSeconds < 0 || intervalSeconds > MAX_INTERVAL_SECONDS) {
      throw new IllegalArgumentException(
          "scrubs are 1 to %d s apart, or 0 for never, not %d"
              .formatted(MAX_INTERVAL_SECONDS, intervalSeconds));
    }
  }

  boolean isEver() {
    return intervalSeconds > 0;
  }

  /**
   * Seconds until the next scrub is due.
   *
   * @param sinceSeconds from when the interval counts
   */
  long secondsLeft(long sinceSeconds) {
    // Where this machine's clock is behind another's, an interval is at most one interval long.
    long passed = unixSeconds.getAsLong() - sinceSeconds;
    return Math.clamp(intervalSeconds - passed, 0, intervalSeconds);
  }
}
