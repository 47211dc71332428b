package io.dnvme.volume.intent;

/**
 * How lazily intent bits are cleared.
 *
 * @param clearIntervalNanos a region that was not written for about so long is cleaned
 * @param maxDirtyRegions where more are dirty, those that are idle at the moment are cleaned too:
 *     bounds what a takeover has to make equal
 */
public record IntentSettings(long clearIntervalNanos, int maxDirtyRegions) {

  public static final IntentSettings DEFAULT = new IntentSettings(5_000_000_000L, 256);

  public IntentSettings {
    if (clearIntervalNanos <= 0 || maxDirtyRegions <= 0) {
      throw new IllegalArgumentException(
          "the clearing interval and the dirty regions must be positive: %d ns, %d"
              .formatted(clearIntervalNanos, maxDirtyRegions));
    }
  }
}
