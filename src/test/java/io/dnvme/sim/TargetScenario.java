package io.dnvme.sim;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockOp;
import io.dnvme.initiator.ControllerState;
import io.dnvme.initiator.PlantedHostBug;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.queue.PlantedTargetBug;
import io.dnvme.target.queue.TransportLimits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The ground floor, in two kinds. {@code target}: hosts that use one disk through one target
 * process with two portals, or through two processes that share the disk. {@code logical-disk}:
 * controllers that take a logical disk from each other, through the fence that lets one association
 * in at a time, and do not wait for its quiesce time.
 *
 * <p>Must hold: linearizability of every block, STALE-PATH, DRAIN, OWNER (who is let in finds
 * nothing of others), no error at a host that its disk did not give, nothing left behind.
 */
final class TargetScenario implements Scenario {

  private static final int BLOCK_BYTES = 512;
  private static final int DISK_BLOCKS = 256;
  private static final int USED_BLOCKS = 10;
  private static final int FIRST_BLOCK = 1;
  private static final int FIRST_PORT = 4420;

  /** A dead host's commands: KATO with slack, the gap limit, the slowest disk, and more. */
  private static final long DEAD_HOST_NANOS = 20 * SimWorld.SECONDS;

  private static final List<String> STEPS =
      List.of(
          "connecting",
          "live",
          "command-travels",
          "answer-travels",
          "read-in-disk",
          "write-in-disk",
          "compare-in-disk",
          "flush-in-disk",
          "quiescing",
          "reconnect-waits");

  private static final List<String> NEMESES =
      List.of(
          "kill-target",
          "power-loss",
          "stop-target-briefly",
          "stop-target-for-long",
          "stall-reactor",
          "stall-and-cut",
          "kill-host",
          "stop-host",
          "partition",
          "partition-to-target",
          "partition-to-host",
          "cut-connection",
          "slow-network",
          "slow-disk",
          "disk-errors",
          "bad-block",
          "disk-full",
          "cut-host-off",
          "ana-change");

  private final Set<PlantedTargetBug> targetBugs;
  private final Set<PlantedHostBug> hostBugs;
  private final boolean fenced;

  /** Hosts with several paths, which honour the quiesce time. */
  static TargetScenario paths() {
    return new TargetScenario(Set.of(), Set.of(), false);
  }

  /** Controllers that take a logical disk from each other. */
  static TargetScenario logicalDisk() {
    // They reconnect at once: the fence alone has to keep the old association's commands away.
    return new TargetScenario(Set.of(), Set.of(PlantedHostBug.RETRY_WITHOUT_QUIESCE), true);
  }

  private TargetScenario(
      Set<PlantedTargetBug> targetBugs, Set<PlantedHostBug> hostBugs, boolean fenced) {
    this.fenced = fenced;
    this.targetBugs = targetBugs;
    this.hostBugs = hostBugs;
  }

  @Override
  public String name() {
    return fenced ? "logical-disk" : "target";
  }

  @Override
  public List<String> steps() {
    return fenced ? STEPS.stream().filter(step -> !step.equals("quiescing")).toList() : STEPS;
  }

  @Override
  public List<String> nemeses() {
    return NEMESES;
  }

  @Override
  public int seeds() {
    return 120;
  }

  @Override
  public List<String> bugs() {
    if (fenced) {
      return List.of(PlantedTargetBug.FORGET_DRAIN.name());
    }
    return Stream.concat(
            Arrays.stream(PlantedTargetBug.values()), Arrays.stream(PlantedHostBug.values()))
        .map(Enum::name)
        .toList();
  }

  @Override
  public Scenario withBug(String name) {
    for (var bug : PlantedHostBug.values()) {
      if (bug.name().equals(name)) {
        return new TargetScenario(targetBugs, Set.of(bug), fenced);
      }
    }
    return new TargetScenario(Set.of(PlantedTargetBug.valueOf(name)), hostBugs, fenced);
  }

  @Override
  public Scenario.Course begin(SimWorld world) {
    return new Run(world);
  }

  private final class Run implements Scenario.Course {
    private final SimWorld world;
    private final SimNetwork network;
    private final SimDisk disk;
    private final History history;
    private final List<SimTarget> targets = new ArrayList<>();
    private final List<SimHost> hosts = new ArrayList<>();
    private final Map<String, Scenario.Strike> strikes = new TreeMap<>();

    Run(SimWorld world) {
      this.world = world;
      network = new SimNetwork(world);
      history = new History(world);
      disk = new SimDisk(world, "disk", new BlockGeometry(BLOCK_BYTES, DISK_BLOCKS));
      disk.watch(this::checkStalePath);
      SplittableRandom random = world.random("layout");
      layTargets(random);
      layHosts(random);
      defineStrikes();
      targets.forEach(target -> target.process().start());
      hosts.forEach(host -> host.process().start());
    }

    private void layTargets(SplittableRandom random) {
      int inCapsule = List.of(0, 1024, 16 << 10).get(random.nextInt(3));
      TransportLimits limits = TransportLimits.DEFAULT.withInCapsuleDataBytes(inCapsule);
      boolean two = random.nextBoolean() && !fenced;
      for (int i = 0; i < (two ? 2 : 1); i++) {
        List<Integer> ports = two ? List.of(FIRST_PORT + i) : List.of(FIRST_PORT, FIRST_PORT + 1);
        targets.add(
            new SimTarget(
                network,
                i,
                random.nextInt(1, 3),
                disk,
                ports,
                limits,
                targetBugs,
                fenced ? this::admitted : null));
      }
      if (!two) {
        targets.getFirst().process().owns(disk);
      }
    }

    private void layHosts(SplittableRandom random) {
      var stamps = new SimHost.StampSource();
      int count = random.nextInt(2, 4);
      for (int i = 0; i < count; i++) {
        boolean multipath = random.nextInt(3) > 0 && !fenced;
        List<Integer> ports =
            multipath
                ? List.of(FIRST_PORT, FIRST_PORT + 1)
                : List.of(FIRST_PORT + random.nextInt(2));
        QueueOptions queues =
            QueueOptions.of(random.nextInt(1, 3))
                .withDepth(random.nextInt(2, 9))
                .withDigests(random.nextBoolean(), random.nextBoolean());
        var plan =
            new HostPlan(
                ports,
                SimTarget.NQN,
                random.nextInt(1, 4),
                FIRST_BLOCK,
                USED_BLOCKS,
                queues,
                random.nextInt(1000, 5001),
                random.nextLong(10, 80) * SimWorld.MILLIS,
                fenced,
                false,
                false,
                false,
                0);
        hosts.add(new SimHost(network, "host" + i, history, stamps, plan, hostBugs));
      }
    }

    private void admitted() {
      hosts.forEach(SimHost::fencedAll);
    }

    /** Of every command that a disk is given. */
    private void checkStalePath(SimDisk.Command command) {
      SimPort port = SimTarget.portOf(command.io());
      if (port != null) {
        SimTarget.checkGap(world, port, command);
        for (SimHost host : hosts) {
          if (port.peer().process() == host.process()) {
            SimTarget.checkSilence(world, port, command, host.keepAliveMs());
          }
        }
      }
    }

    private SimTarget target(SplittableRandom random) {
      return targets.get(random.nextInt(targets.size()));
    }

    private SimHost host(SplittableRandom random) {
      return hosts.get(random.nextInt(hosts.size()));
    }

    /** Short ones and long ones: up to beyond every timeout. */
    private long duration(SplittableRandom random) {
      return random.nextBoolean()
          ? random.nextLong(20, 1_500) * SimWorld.MILLIS
          : random.nextLong(1_500, 12_000) * SimWorld.MILLIS;
    }

    private void at(String nemesis, Consumer<SplittableRandom> harm) {
      strikes.put(
          nemesis,
          (random, struck) -> {
            struck.run();
            harm.accept(random);
          });
    }

    private void defineStrikes() {
      strikes.put(
          "kill-target",
          (random, struck) -> {
            SimTarget victim = target(random);
            killSoon(
                victim.process(),
                random,
                () -> {
                  struck.run();
                  victim.process().kill();
                });
          });
      strikes.put("power-loss", this::losePower);
      at(
          "stop-target-briefly",
          random -> target(random).process().stop(random.nextLong(50, 950) * SimWorld.MILLIS));
      at(
          "stop-target-for-long",
          random ->
              target(random).process().stop(random.nextLong(1_050, 15_000) * SimWorld.MILLIS));
      at("stall-reactor", this::stallReactor);
      at("stall-and-cut", this::stallAndCut);
      at("kill-host", this::killHost);
      at("stop-host", random -> host(random).process().stop(duration(random)));
      at("partition", random -> partition(random, true, true));
      at("partition-to-target", random -> partition(random, true, false));
      at("partition-to-host", random -> partition(random, false, true));
      at("cut-connection", this::cutConnection);
      at("slow-network", this::slowNetwork);
      at(
          "slow-disk",
          random -> disk.slow(duration(random), random.nextLong(1, 2_500) * SimWorld.MILLIS));
      at("disk-errors", random -> disk.fail(random.nextLong(5, 500) * SimWorld.MILLIS));
      at("bad-block", random -> disk.unreadable(FIRST_BLOCK + random.nextInt(USED_BLOCKS)));
      at("disk-full", random -> disk.full(duration(random)));
      at("cut-host-off", random -> target(random).fence(host(random)));
      at("ana-change", this::changeAna);
    }

    private void killSoon(SimProcess victim, SplittableRandom random, Runnable kill) {
      if (!victim.isUp()) {
        return;
      }
      long downNanos = random.nextLong(10, 4_000) * SimWorld.MILLIS;
      Runnable killAndRestart =
          () -> {
            kill.run();
            world.after(downNanos, () -> startAgain(victim));
          };
      // At whatever it is doing now, or some steps later.
      if (random.nextBoolean()) {
        killAndRestart.run();
      } else {
        victim.killAfterSteps(random.nextInt(200), killAndRestart);
      }
    }

    private void startAgain(SimProcess victim) {
      if (!victim.isUp()) {
        victim.start();
      }
    }

    /** With the machine that has the disk in it, or with both that share it. */
    private void losePower(SplittableRandom random, Runnable struck) {
      struck.run();
      boolean all = targets.size() == 1 || random.nextBoolean();
      if (!all) {
        SimProcess victim = target(random).process();
        victim.losePower();
        world.after(duration(random), () -> startAgain(victim));
        return;
      }
      if (targets.size() > 1) {
        disk.losePower();
      }
      for (SimTarget target : targets) {
        target.process().losePower();
        world.after(duration(random), () -> startAgain(target.process()));
      }
      history.powerLost();
    }

    private void stallReactor(SplittableRandom random) {
      SimProcess victim = target(random).process();
      if (victim.isUp()) {
        SimReactor reactor = victim.reactor(random.nextInt(victim.reactors().size()));
        long nanos = random.nextLong(100, 4_000) * SimWorld.MILLIS;
        world.trace(reactor.toString(), "stands still for " + nanos / SimWorld.MILLIS + " ms");
        reactor.stop(nanos);
      }
    }

    /**
     * A reactor stands still, too briefly to be a gap, with commands in its kernel, and its
     * connections are cut: hosts send the commands another way while these still come to be
     * executed. Only the quiesce time keeps the two apart.
     */
    private void stallAndCut(SplittableRandom random) {
      SimProcess victim = target(random).process();
      if (victim.isUp()) {
        SimReactor reactor = victim.reactor(random.nextInt(victim.reactors().size()));
        long nanos = random.nextLong(400, 900) * SimWorld.MILLIS;
        world.trace(
            reactor.toString(), "stands still for " + nanos / SimWorld.MILLIS + " ms and is cut");
        reactor.stop(nanos);
        world.after(
            random.nextLong(5, 150) * SimWorld.MILLIS,
            () ->
                network.ports(victim).stream()
                    .filter(port -> port.reactor() == reactor)
                    .forEach(port -> port.cut(true)));
      }
    }

    private void killHost(SplittableRandom random) {
      SimHost victim = host(random);
      if (victim.process().isUp()) {
        victim.died(DEAD_HOST_NANOS);
        if (random.nextBoolean()) {
          victim.process().kill();
        } else {
          victim.process().losePower();
        }
        world.after(
            random.nextLong(10, 4_000) * SimWorld.MILLIS, () -> startAgain(victim.process()));
      }
    }

    private void partition(SplittableRandom random, boolean toTarget, boolean toHost) {
      SimProcess host = host(random).process();
      SimProcess target = target(random).process();
      long nanos = duration(random);
      world.trace(
          "nemesis",
          "between " + host + " and " + target + " for " + nanos / SimWorld.MILLIS + " ms");
      if (toTarget) {
        network.link(host, target).block(nanos);
      }
      if (toHost) {
        network.link(target, host).block(nanos);
      }
    }

    private void cutConnection(SplittableRandom random) {
      List<SimPort> open = network.connections(host(random).process(), target(random).process());
      if (!open.isEmpty()) {
        open.get(random.nextInt(open.size())).cut(random.nextBoolean());
      }
    }

    private void slowNetwork(SplittableRandom random) {
      SimProcess host = host(random).process();
      SimProcess target = target(random).process();
      long extra = random.nextLong(1, 300) * SimWorld.MILLIS;
      network.link(host, target).slow(duration(random), extra);
      network.link(target, host).slow(duration(random), extra);
    }

    private void changeAna(SplittableRandom random) {
      SimTarget target = target(random);
      int port = target.ports().get(random.nextInt(target.ports().size()));
      target.ana(port, random.nextBoolean() ? AnaState.INACCESSIBLE : AnaState.CHANGE);
      world.after(
          random.nextLong(10, 2_000) * SimWorld.MILLIS, () -> target.ana(port, AnaState.OPTIMIZED));
    }

    @Override
    public Map<String, Scenario.Strike> strikes() {
      return strikes;
    }

    @Override
    public boolean isAt(String step) {
      return switch (step) {
        case "connecting" -> anyHostIs(ControllerState.CONNECTING);
        case "live" -> anyHostIs(ControllerState.LIVE);
        case "command-travels" -> isSending(true);
        case "answer-travels" -> isSending(false);
        case "read-in-disk" -> disk.has(BlockOp.READ);
        case "write-in-disk" -> disk.has(BlockOp.WRITE);
        case "compare-in-disk" -> disk.has(BlockOp.COMPARE_AND_WRITE);
        case "flush-in-disk" -> disk.has(BlockOp.FLUSH);
        case "quiescing" -> hosts.stream().anyMatch(SimHost::isQuiescing);
        case "reconnect-waits" -> anyHostIs(ControllerState.WAITING);
        default -> throw new IllegalArgumentException(step);
      };
    }

    private boolean anyHostIs(ControllerState state) {
      return hosts.stream().anyMatch(host -> host.hasStateOf(state));
    }

    private boolean isSending(boolean byHost) {
      return byHost
          ? hosts.stream().anyMatch(host -> network.isSending(host.process()))
          : targets.stream().anyMatch(target -> network.isSending(target.process()));
    }

    @Override
    public void provoke(String step, SplittableRandom random) {
      switch (step) {
        case "connecting", "quiescing", "reconnect-waits" -> cutConnection(random);
        default -> {}
      }
    }

    @Override
    public void heal() {
      network.heal();
      disk.heal();
      for (SimTarget target : targets) {
        target.process().spare();
        startAgain(target.process());
        target
            .ports()
            .forEach(port ->
                target.process().reactor(0).execute(() -> target.ana(port, AnaState.OPTIMIZED)));
      }
      hosts.forEach(host -> startAgain(host.process()));
    }

    @Override
    public void stop() {
      hosts.forEach(SimHost::stop);
    }

    @Override
    public boolean isIdle() {
      return hosts.stream().allMatch(SimHost::isIdle);
    }

    @Override
    public void shutDown() {
      hosts.forEach(SimHost::shutDown);
    }

    @Override
    public boolean isShutDown() {
      return hosts.stream().allMatch(SimHost::isShutDown)
          && targets.stream().noneMatch(SimTarget::hasControllers)
          && disk.commands().isEmpty();
    }

    @Override
    public void check() {
      targets.forEach(SimTarget::check);
      for (long block = FIRST_BLOCK; block < FIRST_BLOCK + USED_BLOCKS; block++) {
        String wrong = BlockChecker.check(history, block);
        if (wrong != null) {
          world.violated("LINEARIZABLE", wrong);
        }
      }
    }

    @Override
    public long opsDone() {
      return history.opsDone();
    }
  }
}
