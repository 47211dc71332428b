package io.dnvme;

import java.util.Random;

/**
 * The randomness of one test: another seed in every run, told on stdout. {@code -Dseed=N} with the
 * test's name replays a run.
 */
public final class SeededRandom {

  private SeededRandom() {}

  public static Random of(Class<?> test) {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.printf("%s: to replay, add -Dseed=%d%n", test.getSimpleName(), seed);
    return new Random(seed);
  }
}
