package io.dnvme.agent.leg;

import io.dnvme.block.Clock;
import io.dnvme.ownership.OwnershipOptions;
import java.util.function.LongSupplier;

/**
 * Whether work on headers goes on, however slowly: writes of members' headers follow each other,
 * and none of them takes longer than a step may ({@link OwnershipOptions#SLOW_STEP_NANOS}). Who
 * gives it up because all of it together is late does the same again, and on slow disks for ever.
 * As exact as it is asked often. On the controller's home reactor.
 */
final class SlowSteps {

  private final Clock clock;
  private final LongSupplier steps;
  private long seen;
  private long seenNanos;

  /**
   * @param steps that were begun; grows
   */
  SlowSteps(Clock clock, LongSupplier steps) {
    this.clock = clock;
    this.steps = steps;
    seen = steps.getAsLong();
    seenNanos = clock.nanos();
  }

  boolean goOn() {
    long now = clock.nanos();
    long begun = steps.getAsLong();
    if (begun != seen) {
      seen = begun;
      seenNanos = now;
    }
    return now - seenNanos < OwnershipOptions.SLOW_STEP_NANOS;
  }
}
