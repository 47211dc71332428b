package io.dnvme.block;

import java.util.random.RandomGenerator;

/**
 * Delays between attempts: doubled from the least to the most, each shortened by up to half at
 * random, so that those which failed together do not come back together. One owner, one thread.
 */
public final class Backoff {

  private final long minNanos;
  private final long maxNanos;
  private final RandomGenerator random;
  private long nextNanos;

  public Backoff(long minNanos, long maxNanos, RandomGenerator random) {
    this.minNanos = minNanos;
    this.maxNanos = maxNanos;
    this.random = random;
    nextNanos = minNanos;
  }

  /** The next delay. */
  public long next() {
    long delay = nextNanos;
    nextNanos = Math.min(maxNanos, nextNanos * 2);
    return delay - random.nextLong(delay / 2 + 1);
  }

  /** It worked: start again from the least. */
  public void reset() {
    nextNanos = minNanos;
  }
}
