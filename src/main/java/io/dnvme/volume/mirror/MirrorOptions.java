package io.dnvme.volume.mirror;

import java.util.concurrent.TimeUnit;

/**
 * Limits and delays of a group.
 *
 * @param maxCommands commands under way at a time; more wait
 * @param memberTimeoutNanos a member that keeps a command for longer fails, where another one does
 *     better; as exact as {@link #TICK_NANOS}
 * @param longTimeoutNanos the same for flushes, zeroes and deallocations, which take a healthy
 *     member as long as its cache is full or the range is large
 * @param changeRetryNanos until a record change that was refused or is in doubt is asked for again
 * @param slowFactor a member is slow whose mean latency is so many times that of its fastest peer
 * @param slowFloorNanos and at least that
 * @param slowSeconds a member that is slow in each of so many seconds one after another fails; 0:
 *     never
 */
public record MirrorOptions(
    int maxCommands,
    long memberTimeoutNanos,
    long longTimeoutNanos,
    long changeRetryNanos,
    int slowFactor,
    long slowFloorNanos,
    int slowSeconds) {

  /** How often members are looked at. */
  public static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /**
   * For flushes and their like. Linux gives up a command after 30 s (nvme_core.io_timeout), counted
   * from when it sent it: until then the member must be out, and that be in the record. A healthy
   * disk takes a few seconds for a full cache, and one that retries a bad sector about seven.
   */
  private static final long LONG_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(15);

  public static final MirrorOptions DEFAULTS =
      new MirrorOptions(
          1024,
          TimeUnit.SECONDS.toNanos(3),
          LONG_TIMEOUT_NANOS,
          TimeUnit.MILLISECONDS.toNanos(50),
          10,
          TimeUnit.MILLISECONDS.toNanos(50),
          10);

  public MirrorOptions {
    if (maxCommands < 1 || memberTimeoutNanos < TICK_NANOS || changeRetryNanos < 1) {
      throw new IllegalArgumentException(
          "a group needs a command, a member timeout of at least a tick and a retry delay");
    }
    if (longTimeoutNanos < memberTimeoutNanos) {
      throw new IllegalArgumentException(
          "a flush may not be given less time than a write: %d ns, %d ns"
              .formatted(longTimeoutNanos, memberTimeoutNanos));
    }
    if (slowFactor < 2 || slowFloorNanos < 1 || slowSeconds < 0) {
      throw new IllegalArgumentException(
          "a slow member is at least twice as slow as its peers, for a time that is not negative");
    }
  }
}
