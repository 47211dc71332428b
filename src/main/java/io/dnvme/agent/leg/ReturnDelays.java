package io.dnvme.agent.leg;

import java.util.concurrent.TimeUnit;

/**
 * How long a member that was slow, failed, or could not be rebuilt is done without.
 *
 * @param firstNanos after the first time; twice as long after each further one in a row
 * @param mostNanos and never longer
 * @param forgetNanos who was in-sync for so long begins a new row
 */
public record ReturnDelays(long firstNanos, long mostNanos, long forgetNanos) {

  /**
   * A disk that stalls now and then is back soon; one that is slow or bad for good costs hosts the
   * ten seconds that it takes to notice it once in five minutes.
   */
  public static final ReturnDelays DEFAULT =
      new ReturnDelays(
          TimeUnit.SECONDS.toNanos(5), TimeUnit.MINUTES.toNanos(5), TimeUnit.MINUTES.toNanos(15));

  public ReturnDelays {
    if (firstNanos < 1 || mostNanos < firstNanos || forgetNanos < mostNanos) {
      throw new IllegalArgumentException(
          "a member comes back after a time, at most after a longer one, and is forgiven after a"
              + " still longer one: %d ns, %d ns, %d ns"
                  .formatted(firstNanos, mostNanos, forgetNanos));
    }
  }
}
