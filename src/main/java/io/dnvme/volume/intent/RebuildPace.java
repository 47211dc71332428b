package io.dnvme.volume.intent;

import java.util.concurrent.TimeUnit;

/**
 * How fast a rebuild has been of late: over the present window and the whole one before it. On the
 * group's home reactor.
 */
final class RebuildPace {

  static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

  private long windowStartNanos;
  private long windowBytes;
  private long lastBytes;
  private long lastNanos;

  RebuildPace(long nowNanos) {
    windowStartNanos = nowNanos;
  }

  void copied(long bytes, long nowNanos) {
    long taken = nowNanos - windowStartNanos;
    if (taken >= WINDOW_NANOS) {
      lastBytes = windowBytes;
      lastNanos = taken;
      windowStartNanos = nowNanos;
      windowBytes = 0;
    }
    windowBytes += bytes;
  }

  /** 0 where nothing was copied yet. */
  long bytesPerSecond(long nowNanos) {
    long nanos = nowNanos - windowStartNanos + lastNanos;
    return nanos <= 0 ? 0 : (long) ((windowBytes + lastBytes) * NANOS_PER_SECOND / nanos);
  }
}
