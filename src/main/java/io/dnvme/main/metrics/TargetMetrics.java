package io.dnvme.main.metrics;

import io.dnvme.target.controller.EndReason;
import io.dnvme.target.controller.Target;
import io.dnvme.target.controller.TargetObserver;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the associations of a target, and publishes what becomes of them: how many there are, how
 * they ended, and how often a reactor stood still for so long that they were ended (STALE-PATH). On
 * any thread.
 */
public final class TargetMetrics implements TargetObserver {

  private final TargetObserver next;
  private final LongAdder made = new LongAdder();
  private final Map<EndReason, LongAdder> ended = new EnumMap<>(EndReason.class);

  /**
   * @param next is told of them, too
   */
  public TargetMetrics(TargetObserver next) {
    this.next = next;
    for (EndReason reason : EndReason.values()) {
      ended.put(reason, new LongAdder());
    }
  }

  @Override
  public void connected(Association association) {
    made.increment();
    next.connected(association);
  }

  @Override
  public void ended(Association association, EndReason reason) {
    ended.get(reason).increment();
    next.ended(association, reason);
  }

  /**
   * Registers the meters.
   *
   * @param target whose observer this is
   */
  public void register(MeterRegistry registry, Target target) {
    Gauge.builder("dnvme.target.associations", target, t -> t.controllers().count())
        .description("associations of hosts and other nodes, with what of them is in flight yet")
        .register(registry);
    FunctionCounter.builder("dnvme.target.associations.made", made, LongAdder::sum)
        .description("associations that began")
        .register(registry);
    ended.forEach((reason, count) ->
        FunctionCounter.builder("dnvme.target.associations.ended", count, LongAdder::sum)
            .description("associations that ended, and why")
            .tag("reason", reason.name().toLowerCase(Locale.ROOT).replace('_', '-'))
            .register(registry));
    FunctionCounter.builder("dnvme.target.gaps", target, Target::gaps)
        .description("times that a reactor stood still for longer than the gap limit")
        .register(registry);
  }
}
