package io.dnvme.volume.mirror;

import java.util.concurrent.TimeUnit;

/**
 * Limits and delays of a group.
 *
 * @param maxCommands commands under way at a time; more wait
 * @param memberTimeoutNanos a member that keeps a command for longer fails; as exact as {@link
 *     #TICK_NANOS}
 * @param changeRetryNanos until a record change that was refused or is in doubt is asked for again
 * @param slowFactor a member is slow whose mean latency is so many times that of its fastest peer
 * @param slowFloorNanos and at least that
 * @param slowSeconds a member that is slow for so many seconds in which it was measured fails; 0:
 *     never
 */
public record MirrorOptions(
    int maxCommands,
    long memberTimeoutNanos,
    long changeRetryNanos,
    int slowFactor,
    long slowFloorNanos,
    int slowSeconds) {

  /** How often members are looked at. */
  public static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  public static final MirrorOptions DEFAULTS =
      new MirrorOptions(
          1024,
          TimeUnit.SECONDS.toNanos(3),
          TimeUnit.MILLISECONDS.toNanos(50),
          10,
          TimeUnit.MILLISECONDS.toNanos(50),
          10);

  public MirrorOptions {
    if (maxCommands < 1 || memberTimeoutNanos < TICK_NANOS || changeRetryNanos < 1) {
      throw new IllegalArgumentException(
          "a group needs a command, a member timeout of at least a tick and a retry delay");
    }
    if (slowFactor < 2 || slowFloorNanos < 1 || slowSeconds < 0) {
      throw new IllegalArgumentException(
          "a slow member is at least twice as slow as its peers, for a time that is not negative");
    }
  }
}
