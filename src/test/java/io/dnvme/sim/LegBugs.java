package io.dnvme.sim;

import io.dnvme.agent.disknode.DiskNodeAgent;
import io.dnvme.agent.leg.LegOptions;
import io.dnvme.ownership.PlantedBug;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * What is planted in a world of a leg.
 *
 * @param leg in controllers
 * @param node in disk nodes
 */
record LegBugs(LegOptions.Bugs leg, DiskNodeAgent.Bugs node) {

  static final LegBugs NONE = new LegBugs(LegOptions.Bugs.NONE, DiskNodeAgent.Bugs.NONE);

  /** Whether a disk node tells its record holder of connections that were closed. */
  boolean tellsOfClosedConnections() {
    return node.ownership().contains(PlantedBug.PROMISE_BECAUSE_CONNECTION_CLOSED);
  }

  /** The one of that name, in whichever class it is planted. */
  static LegBugs named(String name) {
    return new LegBugs(
        new LegOptions.Bugs(
            one(PlantedBug.values(), name),
            one(io.dnvme.volume.mirror.PlantedBug.values(), name),
            one(io.dnvme.volume.intent.PlantedBug.values(), name),
            one(io.dnvme.agent.leg.PlantedBug.values(), name)),
        new DiskNodeAgent.Bugs(
            one(PlantedBug.values(), name),
            one(io.dnvme.disk.format.PlantedBug.values(), name),
            one(io.dnvme.agent.disknode.PlantedBug.values(), name)));
  }

  private static <E extends Enum<E>> Set<E> one(E[] values, String name) {
    List<E> found = Arrays.stream(values).filter(value -> value.name().equals(name)).toList();
    return found.isEmpty() ? Set.of() : Set.of(found.getFirst());
  }
}
