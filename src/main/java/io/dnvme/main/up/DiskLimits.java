package io.dnvme.main.up;

import io.dnvme.volume.QosLimits;
import io.dnvme.volume.RateLimit;

/**
 * QoS limits of one virtual disk, each a second; 0 is unlimited.
 *
 * @param readIops read commands
 * @param writeIops write commands
 * @param readBytes bytes read
 * @param writeBytes bytes written
 */
public record DiskLimits(long readIops, long writeIops, long readBytes, long writeBytes) {

  public static final DiskLimits NONE = new DiskLimits(0, 0, 0, 0);

  public DiskLimits {
    if (readIops < 0 || writeIops < 0 || readBytes < 0 || writeBytes < 0) {
      throw new IllegalArgumentException("a limit cannot be negative");
    }
  }

  /** Rates with a burst of a tenth of a second, so that short idle moments are not lost. */
  QosLimits toQosLimits() {
    return new QosLimits(rate(readIops), rate(writeIops), rate(readBytes), rate(writeBytes));
  }

  private static RateLimit rate(long perSecond) {
    return perSecond == 0
        ? RateLimit.UNLIMITED
        : new RateLimit(perSecond, Math.max(1, perSecond / 10));
  }
}
