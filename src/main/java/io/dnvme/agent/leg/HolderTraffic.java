package io.dnvme.agent.leg;

import io.dnvme.block.Reactor;
import io.dnvme.ownership.BatchedLink;
import io.dnvme.ownership.LeaseRenewals;
import io.dnvme.ownership.OwnershipOptions;
import io.dnvme.ownership.OwnershipPorts;
import io.dnvme.ownership.PlantedBug;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * What all legs of a controller's process send to record holders: to each holder node one message
 * for what a turn brings, and one for the renewals of all legs (RECORD, LEASE). Lives on the
 * controller's home reactor.
 */
public final class HolderTraffic {

  /** A standby looks often whether it is needed. */
  private static final OwnershipOptions TIMES =
      new OwnershipOptions(
          TimeUnit.MILLISECONDS.toNanos(100),
          TimeUnit.MILLISECONDS.toNanos(1500),
          OwnershipOptions.SLOW_STEP_NANOS,
          TimeUnit.MILLISECONDS.toNanos(1000),
          OwnershipOptions.SLOW_MEMBER_NANOS,
          TimeUnit.MILLISECONDS.toNanos(2000),
          TimeUnit.MILLISECONDS.toNanos(20),
          TimeUnit.MILLISECONDS.toNanos(200),
          TimeUnit.MILLISECONDS.toNanos(20));

  private final OwnershipPorts ports;
  private final LeaseRenewals renewals;

  /**
   * @param nodes all that may be record holders
   * @param bugs for tests only
   */
  public HolderTraffic(
      Reactor home, Collection<DiskNodeLink> nodes, RandomGenerator random, Set<PlantedBug> bugs) {
    ports =
        new OwnershipPorts(
            home.clock(),
            home.timers(),
            new BatchedLink(new NodeHolderLink(List.copyOf(nodes)), home),
            new NodeWatch(home, nodes),
            random,
            TIMES,
            bugs);
    renewals = new LeaseRenewals(ports);
  }

  OwnershipPorts ports() {
    return ports;
  }

  /** What became of the renewals so far. */
  public LeaseRenewals renewals() {
    return renewals;
  }
}
