package io.dnvme.sim;

import java.util.SplittableRandom;

/** The way from one machine to another: how long it takes, and whether anything gets through. */
final class Link {

  private static final long MIN_DELAY_NANOS = 10 * SimWorld.MICROS;
  private static final long MAX_DELAY_NANOS = 400 * SimWorld.MICROS;

  private final SimWorld world;
  private final SplittableRandom random;
  private long blockedUntilNanos;
  private long slowUntilNanos;
  private long extraDelayNanos;

  Link(SimWorld world, String name) {
    this.world = world;
    random = world.random("link " + name);
  }

  /** Nothing gets through for so long. */
  void block(long nanos) {
    blockedUntilNanos = Math.max(blockedUntilNanos, world.nowNanos() + nanos);
  }

  /** Everything takes up to {@code extraNanos} longer for so long. */
  void slow(long nanos, long extraNanos) {
    slowUntilNanos = world.nowNanos() + nanos;
    extraDelayNanos = extraNanos;
  }

  void heal() {
    blockedUntilNanos = 0;
    slowUntilNanos = 0;
  }

  boolean isBlocked() {
    return world.nowNanos() < blockedUntilNanos;
  }

  /** How long something that is sent now takes. */
  long delayNanos() {
    long delay = random.nextLong(MIN_DELAY_NANOS, MAX_DELAY_NANOS);
    return world.nowNanos() < slowUntilNanos ? delay + random.nextLong(extraDelayNanos) : delay;
  }

  /** How long it takes until something that did not get through is sent again. */
  long retransmitNanos() {
    return Math.max(blockedUntilNanos - world.nowNanos(), 0)
        + random.nextLong(SimWorld.MILLIS, 400 * SimWorld.MILLIS);
  }
}
