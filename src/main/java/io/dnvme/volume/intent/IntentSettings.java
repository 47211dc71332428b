package io.dnvme.volume.intent;

/**
 * How lazily intent bits are cleared.
 *
 * @param clearIntervalNanos a region that was not written for about so long is cleaned
 * @param maxDirtyRegions where more are dirty, those that are idle at the moment are cleaned too:
 *     bounds what a takeover has to make equal
 * @param headerTimeoutNanos a member that keeps a page of its header for longer fails, where
 *     another one does better
 * @param flushTimeoutNanos the same for a flush of the log's own
 * @param openTimeoutNanos the same for reading a header at a takeover, when the disk may be busy
 *     with what an earlier owner left
 */
public record IntentSettings(
    long clearIntervalNanos,
    int maxDirtyRegions,
    long headerTimeoutNanos,
    long flushTimeoutNanos,
    long openTimeoutNanos) {

  public static final IntentSettings DEFAULT = new IntentSettings(5_000_000_000L, 256);

  /** With the usual time limits: those of hosts' commands, see MirrorOptions of the group. */
  public IntentSettings(long clearIntervalNanos, int maxDirtyRegions) {
    this(clearIntervalNanos, maxDirtyRegions, 3_000_000_000L, 15_000_000_000L, 5_000_000_000L);
  }

  public IntentSettings {
    if (clearIntervalNanos <= 0 || maxDirtyRegions <= 0) {
      throw new IllegalArgumentException(
          "the clearing interval and the dirty regions must be positive: %d ns, %d"
              .formatted(clearIntervalNanos, maxDirtyRegions));
    }
    if (headerTimeoutNanos <= 0 || flushTimeoutNanos <= 0 || openTimeoutNanos <= 0) {
      throw new IllegalArgumentException(
          "the time limits must be positive: %d ns, %d ns, %d ns"
              .formatted(headerTimeoutNanos, flushTimeoutNanos, openTimeoutNanos));
    }
  }
}
