package io.dnvme.sim;

import io.dnvme.agent.NodeNames;
import io.dnvme.initiator.QueueOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** The hosts of a {@link LegCourse}, with a path to each controller. */
final class LegHosts {

  /** The last of them only reads. */
  private static final int HOSTS = 3;

  private static final long FAULT_REST_NANOS = 300 * SimWorld.MILLIS;
  private static final long DEAD_HOST_NANOS = 15 * SimWorld.SECONDS;

  private final LegCourse course;
  private final SimWorld world;
  private final List<SimHost> all = new ArrayList<>();
  private long mayKillNanos;

  /**
   * @param random says how busy each is
   */
  LegHosts(LegCourse course, SplittableRandom random) {
    this.course = course;
    world = course.world();
    List<SimController> controllers = course.controllers();
    var stamps = new SimHost.StampSource();
    for (int i = 0; i < HOSTS; i++) {
      boolean onlyReads = i == HOSTS - 1;
      int workers = onlyReads ? 2 : random.nextInt(2, 5);
      var plan =
          new HostPlan(
              controllers.stream().map(SimController::port).toList(),
              NodeNames.virtualDisk(LegCourse.DISK),
              course.shape().busy() ? workers : 1,
              course.firstBlock(),
              LegCourse.USED_BLOCKS,
              QueueOptions.of(1).withDepth(random.nextInt(2, 9)),
              random.nextInt(1000, 3001),
              random.nextLong(10, onlyReads ? 20 : 60) * SimWorld.MILLIS,
              false,
              true,
              onlyReads,
              true,
              FAULT_REST_NANOS);
      var host =
          new SimHost(course.network(), "host" + i, course.history(), stamps, plan, Set.of());
      host.isToldOfLosses(
          port -> controllers.get(port - LegCourse.FIRST_CONTROLLER_PORT).lossNanos());
      all.add(host);
    }
  }

  List<SimHost> all() {
    return all;
  }

  /** They begin nothing but reads for so long. */
  void quiet(long nanos) {
    world.trace("hosts", "only read for " + nanos / SimWorld.MILLIS + " ms");
    all.forEach(host -> host.quiet(nanos));
  }

  /** They change nothing but what is before the border of regions, or groups, for so long. */
  void cool(long nanos) {
    world.trace("hosts", "write before the border for " + nanos / SimWorld.MILLIS + " ms");
    all.forEach(host -> host.cool(nanos, LegCourse.BLOCKS_BEFORE_BORDER));
  }

  /** Whether none has anything under way that may change what is behind the border. */
  boolean areCool() {
    return all.stream().allMatch(SimHost::isCool);
  }

  /** Whether none has anything under way that may change anything. */
  boolean areQuiet() {
    return all.stream().allMatch(SimHost::isQuiet);
  }

  /**
   * Its commands may take effect until long afterwards: not too often, for commands of which nobody
   * knows what they did must not be too many for {@link BlockChecker}.
   *
   * @return whether it was killed
   */
  boolean kill(SimHost victim, long downNanos) {
    boolean kills = victim.process().isUp() && world.nowNanos() >= mayKillNanos;
    if (kills) {
      mayKillNanos = world.nowNanos() + DEAD_HOST_NANOS / 3;
      victim.died(DEAD_HOST_NANOS);
      victim.process().kill();
      world.after(downNanos, () -> course.startAgain(victim.process()));
    }
    return kills;
  }
}
