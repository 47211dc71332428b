package io.dnvme.sim;

import java.util.List;

/** All kinds of worlds. A new one is added here, and is then run by the command and the tests. */
final class Scenarios {

  private Scenarios() {}

  static List<Scenario> all() {
    return List.of(
        TargetScenario.paths(),
        TargetScenario.logicalDisk(),
        new DiskNodeScenario(),
        new LegScenario(),
        new AwaitPoints());
  }

  static List<String> names() {
    return all().stream().map(Scenario::name).toList();
  }

  /** All planted bugs of all worlds. */
  static List<String> bugs() {
    return all().stream().flatMap(one -> one.bugs().stream()).distinct().toList();
  }

  /**
   * @param world null for all
   * @param bug planted in each; null for none
   */
  static List<Scenario> named(String world, String bug) {
    return all().stream()
        .filter(one -> world == null || one.name().equals(world))
        .filter(one -> bug == null || one.bugs().contains(bug))
        .map(one -> bug == null ? one : one.withBug(bug))
        .toList();
  }
}
