package io.dnvme.volume.intent;

/**
 * How fast a rebuild copies.
 *
 * @param minBytesPerSecond while hosts use the group, so that it ends some time
 * @param maxBytesPerSecond while they do not; {@link #UNLIMITED}: as fast as it can
 */
public record RebuildRate(long minBytesPerSecond, long maxBytesPerSecond) {

  public static final long UNLIMITED = 0;

  /** 32 MiB/s beside hosts, no limit without. */
  public static final RebuildRate DEFAULT = new RebuildRate(32L << 20, UNLIMITED);

  private static final double NANOS_PER_SECOND = 1e9;

  public RebuildRate {
    if (minBytesPerSecond <= 0) {
      throw new IllegalArgumentException(
          "the least rate of a rebuild must be positive, else it never ends: " + minBytesPerSecond);
    }
    if (maxBytesPerSecond != UNLIMITED && maxBytesPerSecond < minBytesPerSecond) {
      throw new IllegalArgumentException(
          "the greatest rate of a rebuild, %d, is below its least, %d"
              .formatted(maxBytesPerSecond, minBytesPerSecond));
    }
  }

  /** How long {@code bytes} take at the rate that applies. */
  long nanosFor(long bytes, boolean besideHosts) {
    long rate = besideHosts ? minBytesPerSecond : maxBytesPerSecond;
    return rate == UNLIMITED ? 0 : (long) (bytes * NANOS_PER_SECOND / rate);
  }
}
