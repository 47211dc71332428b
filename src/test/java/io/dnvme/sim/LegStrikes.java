package io.dnvme.sim;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;

/** What befalls a {@link LegCourse}. */
final class LegStrikes {

  private final LegCourse course;
  private final LegOrdeals ordeals;
  private final SimWorld world;
  private final SimNetwork network;
  private final Map<String, Scenario.Strike> strikes = new TreeMap<>();

  LegStrikes(LegCourse course, LegOrdeals ordeals) {
    this.course = course;
    this.ordeals = ordeals;
    world = course.world();
    network = course.network();
  }

  Map<String, Scenario.Strike> all() {
    strikes.put(
        "kill-controller", (random, struck) -> kill(controller(random).process(), random, struck));
    at("stop-controller", random -> controller(random).process().stop(duration(random)));
    strikes.put("kill-disk-node", (random, struck) -> kill(node(random).process(), random, struck));
    at("power-loss", this::losePower);
    at("stop-disk-node", random -> node(random).process().stop(duration(random)));
    at(
        "partition",
        random -> partition(controller(random).process(), node(random).process(), random, 2));
    at(
        "partition-one-way",
        random ->
            partition(
                controller(random).process(), node(random).process(), random, random.nextInt(2)));
    at("isolate-owner", this::isolateOwner);
    at(
        "partition-host",
        random ->
            partition(
                host(random).process(), controller(random).process(), random, random.nextInt(3)));
    at("cut-connection", this::cutConnection);
    at("slow-network", this::slowNetwork);
    at("power-loss-of-all", this::loseAllPower);
    at("slow-disk", this::slowDisk);
    at("full-disk", random -> node(random).disk().full(duration(random)));
    at(
        "disk-errors",
        random -> node(random).disk().fail(random.nextLong(5, 500) * SimWorld.MILLIS));
    at("bad-block", this::badBlock);
    strikes.put("rot-of-tables", this::rotTables);
    strikes.put("kill-host", this::killHost);
    at("deciders", random -> course.deciders().disagree(random));
    strikes.putAll(ordeals.all());
    return strikes;
  }

  private void at(String nemesis, Consumer<SplittableRandom> harm) {
    strikes.put(
        nemesis,
        (random, struck) -> {
          struck.run();
          harm.accept(random);
        });
  }

  private SimDiskNode node(SplittableRandom random) {
    return one(course.nodes(), random);
  }

  /** More often the one that serves. */
  private SimController controller(SplittableRandom random) {
    return random.nextInt(3) == 0 ? one(course.controllers(), random) : course.owner();
  }

  private SimHost host(SplittableRandom random) {
    return one(course.hosts().all(), random);
  }

  private static <T> T one(List<T> all, SplittableRandom random) {
    return all.get(random.nextInt(all.size()));
  }

  /** Short ones and long ones: up to beyond every timeout. */
  private static long duration(SplittableRandom random) {
    return random.nextBoolean()
        ? random.nextLong(50, 1_000) * SimWorld.MILLIS
        : random.nextLong(1_000, 9_000) * SimWorld.MILLIS;
  }

  /** At whatever it is doing now, or some steps later. */
  private void kill(SimProcess victim, SplittableRandom random, Runnable struck) {
    if (!victim.isUp()) {
      return;
    }
    long downNanos = random.nextLong(10, 4_000) * SimWorld.MILLIS;
    Runnable killAndRestart =
        () -> {
          struck.run();
          victim.kill();
          world.after(downNanos, () -> course.startAgain(victim));
        };
    if (random.nextBoolean()) {
      killAndRestart.run();
    } else {
      victim.killAfterSteps(random.nextInt(300), killAndRestart);
    }
  }

  /** Now and then the owner dies with it, and who claims next finds the member back already. */
  private void losePower(SplittableRandom random) {
    SimDiskNode victim = node(random);
    victim.losePower();
    boolean alone = random.nextBoolean();
    if (!alone) {
      SimProcess owner = course.owner().process();
      owner.kill();
      world.after(duration(random), () -> course.startAgain(owner));
    }
    long downNanos = alone ? duration(random) : random.nextLong(10, 600) * SimWorld.MILLIS;
    world.after(downNanos, () -> course.startAgain(victim.process()));
  }

  /** Disk nodes and controllers lose it at once, and come back in any order; hosts live on. */
  private void loseAllPower(SplittableRandom random) {
    for (SimDiskNode node : course.nodes()) {
      node.losePower();
      returnSoon(node.process(), random);
    }
    for (SimController controller : course.controllers()) {
      controller.process().losePower();
      returnSoon(controller.process(), random);
    }
  }

  private void returnSoon(SimProcess process, SplittableRandom random) {
    world.after(random.nextLong(10, 2_000) * SimWorld.MILLIS, () -> course.startAgain(process));
  }

  /** Now and then for longer than its latency is watched for before it is taken out. */
  private void slowDisk(SplittableRandom random) {
    SimDisk disk = node(random).disk();
    if (random.nextInt(4) == 0) {
      disk.slow(
          random.nextLong(11, 18) * SimWorld.SECONDS, random.nextLong(20, 500) * SimWorld.MILLIS);
    } else {
      disk.slow(duration(random), random.nextLong(1, 2_500) * SimWorld.MILLIS);
    }
  }

  /** 0: there, 1: back, 2: both ways. */
  private void partition(SimProcess one, SimProcess other, SplittableRandom random, int ways) {
    long nanos = duration(random);
    world.trace(
        "nemesis", "between " + one + " and " + other + " for " + nanos / SimWorld.MILLIS + " ms");
    if (ways != 1) {
      network.link(one, other).block(nanos);
    }
    if (ways != 0) {
      network.link(other, one).block(nanos);
    }
  }

  /** From all disk nodes at once, or all but one, and not from its hosts. */
  private void isolateOwner(SplittableRandom random) {
    SimProcess owner = course.owner().process();
    long nanos = duration(random);
    world.trace("nemesis", owner + " is cut off for " + nanos / SimWorld.MILLIS + " ms");
    int kept = random.nextInt(course.nodes().size() * 2);
    boolean oneWay = random.nextInt(3) == 0;
    boolean tells = random.nextBoolean();
    for (int i = 0; i < course.nodes().size(); i++) {
      SimProcess node = course.nodes().get(i).process();
      if (i != kept) {
        network.link(owner, node).block(nanos);
        if (!oneWay) {
          network.link(node, owner).block(nanos);
        }
        if (tells) {
          network.connections(owner, node).forEach(port -> port.cut(random.nextBoolean()));
        }
      }
    }
  }

  private void cutConnection(SplittableRandom random) {
    SimProcess controller = controller(random).process();
    List<SimPort> open =
        random.nextInt(3) == 0
            ? network.connections(host(random).process(), controller)
            : network.connections(controller, node(random).process());
    if (!open.isEmpty()) {
      one(open, random).cut(random.nextBoolean());
    }
  }

  private void slowNetwork(SplittableRandom random) {
    SimProcess controller = controller(random).process();
    SimProcess node = node(random).process();
    long extra = random.nextLong(1, 300) * SimWorld.MILLIS;
    network.link(controller, node).slow(duration(random), extra);
    network.link(node, controller).slow(duration(random), extra);
  }

  private void badBlock(SplittableRandom random) {
    long block = course.anyUsedBlock(random);
    LegMembers members = course.members();
    members.makeUnreadable(block, random.nextInt(members.count(members.groupOf(block))));
  }

  private void rotTables(SplittableRandom random, Runnable struck) {
    if (node(random).damageOneCopy(random)) {
      struck.run();
    }
  }

  private void killHost(SplittableRandom random, Runnable struck) {
    if (course.hosts().kill(host(random), random.nextLong(10, 4_000) * SimWorld.MILLIS)) {
      struck.run();
    }
  }
}
