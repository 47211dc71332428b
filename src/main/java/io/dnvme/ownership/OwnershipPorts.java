package io.dnvme.ownership;

import io.dnvme.block.Clock;
import io.dnvme.block.Timers;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * What a controller's claims, leases and changes need of the outside; all of one reactor.
 *
 * @param watch lets claims wait without asking
 * @param random sets claimants apart
 * @param bugs what a test plants; else empty
 */
public record OwnershipPorts(
    Clock clock,
    Timers timers,
    HolderLink link,
    HolderWatch watch,
    RandomGenerator random,
    OwnershipOptions options,
    Set<PlantedBug> bugs) {

  public OwnershipPorts(
      Clock clock,
      Timers timers,
      HolderLink link,
      RandomGenerator random,
      OwnershipOptions options,
      Set<PlantedBug> bugs) {
    this(clock, timers, link, HolderWatch.NONE, random, options, bugs);
  }

  public OwnershipPorts(
      Clock clock,
      Timers timers,
      HolderLink link,
      RandomGenerator random,
      OwnershipOptions options) {
    this(clock, timers, link, random, options, Set.of());
  }

  boolean has(PlantedBug bug) {
    return bugs.contains(bug);
  }

  /** Which holders suffice for {@code record}. */
  Quorum quorumOf(LegRecord record) {
    return record.changesHolders() && has(PlantedBug.SKIP_JOINT_MAJORITY)
        ? Quorum.of(record.nextHolders(), List.of())
        : record.quorum();
  }
}
