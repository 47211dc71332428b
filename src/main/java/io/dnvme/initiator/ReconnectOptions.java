package io.dnvme.initiator;

import java.util.concurrent.TimeUnit;

/**
 * What happens when a controller cannot be reached, or not any more.
 *
 * @param minDelayNanos before the first attempt to reconnect; doubled with every failure
 * @param maxDelayNanos the delay's limit
 * @param lossTimeoutNanos after so long without a connection the controller is given up; {@link
 *     #NEVER} for never
 * @param fromTheStart whether a first connect that fails is tried again, too
 * @param lossPolicy what becomes of commands meanwhile
 */
public record ReconnectOptions(
    long minDelayNanos,
    long maxDelayNanos,
    long lossTimeoutNanos,
    boolean fromTheStart,
    LossPolicy lossPolicy) {

  public static final long NEVER = Long.MAX_VALUE;

  /** As a Linux host by default gives a controller up after ten minutes. */
  public static final ReconnectOptions DEFAULT =
      new ReconnectOptions(
          TimeUnit.MILLISECONDS.toNanos(200),
          TimeUnit.SECONDS.toNanos(10),
          TimeUnit.SECONDS.toNanos(600),
          false,
          LossPolicy.WAIT);

  public ReconnectOptions {
    if (minDelayNanos <= 0 || maxDelayNanos < minDelayNanos || lossTimeoutNanos < 0) {
      throw new IllegalArgumentException("delays must be positive and in order");
    }
  }

  public ReconnectOptions withLossPolicy(LossPolicy value) {
    return new ReconnectOptions(
        minDelayNanos, maxDelayNanos, lossTimeoutNanos, fromTheStart, value);
  }

  public ReconnectOptions withLossTimeoutNanos(long value) {
    return new ReconnectOptions(minDelayNanos, maxDelayNanos, value, fromTheStart, lossPolicy);
  }
}
