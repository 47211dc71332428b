package io.dnvme.volume;

/**
 * How much of something may pass.
 *
 * @param perSecond in the long run; 0 is no limit
 * @param burst how much may pass at once after a pause
 */
public record RateLimit(long perSecond, long burst) {

  public static final RateLimit UNLIMITED = new RateLimit(0, 0);

  public RateLimit {
    if (perSecond < 0 || burst < 0) {
      throw new IllegalArgumentException(
          "a rate and its burst cannot be negative: %d per second, burst %d"
              .formatted(perSecond, burst));
    }
  }

  public boolean isUnlimited() {
    return perSecond == 0;
  }
}
