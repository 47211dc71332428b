package io.dnvme.sim;

import io.dnvme.agent.disknode.DiskNodeAgent;
import io.dnvme.block.BlockOp;
import io.dnvme.nvme.vendor.DiskOp;
import io.dnvme.nvme.vendor.RecordOp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * One disk node under attack: claimants race to have epochs admitted and promised, allocate, grow
 * and free logical disks, and use those that they have, while the node is killed at any event,
 * loses its power, stands still, is cut off, and its disk is slow, full, fails or is damaged.
 *
 * <p>Must hold: OWNER, RECORD, LEASE, ZERO, NO-LEAK and NO-SILENT-LOSS as {@link NodeFacts} and
 * {@link RecordFacts} say, and linearizability of every block under each association.
 */
final class DiskNodeScenario implements Scenario {

  /** The legs whose records and logical disks the node has. */
  static final List<UUID> LEGS =
      Stream.of(1, 2, 3).map(i -> new UUID(0x1e60_0000_0000_4000L, Long.MIN_VALUE | i)).toList();

  private static final List<String> STEPS =
      List.of(
          "opening",
          "allocating",
          "growing",
          "freeing",
          "zeroing",
          "admitting",
          "connecting",
          "record-asked",
          "table-in-disk",
          "read-in-disk",
          "write-in-disk",
          "flush-in-disk");

  private static final List<String> NEMESES =
      List.of(
          "kill-node",
          "power-loss",
          "stop-node-briefly",
          "stop-node-for-long",
          "stall-reactor",
          "kill-claimant",
          "stop-claimant",
          "partition",
          "partition-one-way",
          "cut-connections",
          "slow-network",
          "slow-disk",
          "disk-errors",
          "bad-block",
          "bad-copy",
          "disk-full");

  /** What is planted, by name; some mistakes are only one where several guards are off. */
  private static final Map<String, DiskNodeAgent.Bugs> BUGS =
      new TreeMap<>(
          Map.of(
              "SKIP_FENCE",
              admissions(io.dnvme.agent.disknode.PlantedBug.SKIP_THE_FENCE),
              "FORGET_DRAIN",
              new DiskNodeAgent.Bugs(
                  Set.of(),
                  Set.of(io.dnvme.disk.format.PlantedBug.FORGET_DRAIN),
                  Set.of(io.dnvme.agent.disknode.PlantedBug.FORGET_THE_DRAIN)),
              "ADMIT_EQUAL_EPOCH_OF_ANOTHER",
              disk(io.dnvme.disk.format.PlantedBug.ADMIT_EQUAL_EPOCH_OF_ANOTHER),
              "ACCEPT_EQUAL_EPOCH_OF_OTHER_INCARNATION",
              holder(io.dnvme.ownership.PlantedBug.ACCEPT_EQUAL_EPOCH_OF_OTHER_INCARNATION),
              "ADMIT_BEFORE_FLUSH",
              disk(io.dnvme.disk.format.PlantedBug.ADMIT_BEFORE_FLUSH),
              "FREE_BEFORE_ZEROING",
              disk(io.dnvme.disk.format.PlantedBug.FREE_BEFORE_ZEROING),
              "FREE_ON_ANY_WORD",
              disk(io.dnvme.disk.format.PlantedBug.FREE_ON_ANY_WORD),
              "GROW_AT_ANY_EPOCH",
              disk(io.dnvme.disk.format.PlantedBug.GROW_AT_ANY_EPOCH),
              "ANSWER_BEFORE_DURABLE",
              holder(io.dnvme.ownership.PlantedBug.ANSWER_BEFORE_DURABLE),
              "FORGET_LEASE_AT_RESTART",
              holder(io.dnvme.ownership.PlantedBug.FORGET_LEASE_AT_RESTART)));

  private final DiskNodeAgent.Bugs bugs;

  DiskNodeScenario() {
    this(DiskNodeAgent.Bugs.NONE);
  }

  private DiskNodeScenario(DiskNodeAgent.Bugs bugs) {
    this.bugs = bugs;
  }

  private static DiskNodeAgent.Bugs admissions(io.dnvme.agent.disknode.PlantedBug bug) {
    return new DiskNodeAgent.Bugs(Set.of(), Set.of(), Set.of(bug));
  }

  private static DiskNodeAgent.Bugs disk(io.dnvme.disk.format.PlantedBug bug) {
    return new DiskNodeAgent.Bugs(Set.of(), Set.of(bug), Set.of());
  }

  private static DiskNodeAgent.Bugs holder(io.dnvme.ownership.PlantedBug bug) {
    return new DiskNodeAgent.Bugs(Set.of(bug), Set.of(), Set.of());
  }

  @Override
  public String name() {
    return "disk-node";
  }

  @Override
  public List<String> steps() {
    return STEPS;
  }

  @Override
  public List<String> nemeses() {
    return NEMESES;
  }

  @Override
  public List<String> bugs() {
    return List.copyOf(BUGS.keySet());
  }

  @Override
  public int seeds() {
    return 130;
  }

  @Override
  public Scenario withBug(String name) {
    return new DiskNodeScenario(BUGS.get(name));
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
    private final NodeFacts facts;
    private final LoneDiskNode node;
    private final List<SimClaimant> claimants = new ArrayList<>();
    private final Map<String, Scenario.Strike> strikes = new TreeMap<>();
    private long doneWhenHealed;
    private boolean restarted;

    Run(SimWorld world) {
      this.world = world;
      network = new SimNetwork(world);
      history = new History(world);
      SplittableRandom random = world.random("layout");
      disk = new SimDisk(world, "disk", LoneDiskNode.geometry(), 512);
      disk.tornBelow(LoneDiskNode.firstDataBlock());
      facts = new NodeFacts(world, disk, history);
      node = new LoneDiskNode(network, disk, random.nextInt(1, 3), facts, bugs);
      List<RecordFacts> records =
          LEGS.stream()
              .map(leg -> new RecordFacts(world, leg, random.nextInt(400, 4_000)))
              .toList();
      int count = random.nextInt(2, 4);
      for (int i = 0; i < count; i++) {
        claimants.add(new SimClaimant(network, "claimant" + i, facts, records));
      }
      defineStrikes();
      node.start();
      claimants.forEach(claimant -> claimant.process().start());
    }

    private SimClaimant claimant(SplittableRandom random) {
      return claimants.get(random.nextInt(claimants.size()));
    }

    /** Short ones and long ones: up to beyond every timeout. */
    private long duration(SplittableRandom random) {
      return random.nextBoolean()
          ? random.nextLong(20, 1_500) * SimWorld.MILLIS
          : random.nextLong(1_500, 9_000) * SimWorld.MILLIS;
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
      strikes.put("kill-node", this::killNode);
      at("power-loss", this::losePower);
      at(
          "stop-node-briefly",
          random -> node.process().stop(random.nextLong(50, 950) * SimWorld.MILLIS));
      at(
          "stop-node-for-long",
          random -> node.process().stop(random.nextLong(1_050, 12_000) * SimWorld.MILLIS));
      at("stall-reactor", this::stallReactor);
      at("kill-claimant", this::killClaimant);
      at("stop-claimant", random -> claimant(random).process().stop(duration(random)));
      at("partition", random -> partition(random, true, true));
      at(
          "partition-one-way",
          random -> {
            boolean toNode = random.nextBoolean();
            partition(random, toNode, !toNode);
          });
      at("cut-connections", this::cutConnections);
      at("slow-network", this::slowNetwork);
      at(
          "slow-disk",
          random -> disk.slow(duration(random), random.nextLong(1, 1_500) * SimWorld.MILLIS));
      at("disk-errors", random -> disk.fail(random.nextLong(2, 200) * SimWorld.MILLIS));
      at("bad-block", this::badBlock);
      at("bad-copy", random -> node.damageOneCopy());
      at("disk-full", random -> disk.full(duration(random)));
    }

    /** At whatever it is doing now, or some steps later. */
    private void killNode(SplittableRandom random, Runnable struck) {
      if (!node.process().isUp()) {
        return;
      }
      long downNanos = random.nextLong(1, 1_500) * SimWorld.MILLIS;
      Runnable kill =
          () -> {
            struck.run();
            node.kill();
            world.after(downNanos, node::start);
          };
      if (random.nextBoolean()) {
        kill.run();
      } else {
        node.process().killAfterSteps(random.nextInt(150), kill);
      }
    }

    private void losePower(SplittableRandom random) {
      node.losePower();
      world.after(random.nextLong(1, 3_000) * SimWorld.MILLIS, node::start);
    }

    private void stallReactor(SplittableRandom random) {
      if (node.process().isUp()) {
        SimReactor reactor =
            node.process().reactor(random.nextInt(node.process().reactors().size()));
        long nanos = random.nextLong(100, 4_000) * SimWorld.MILLIS;
        world.trace(reactor.toString(), "stands still for " + nanos / SimWorld.MILLIS + " ms");
        reactor.stop(nanos);
        if (random.nextBoolean()) {
          world.after(
              random.nextLong(5, 150) * SimWorld.MILLIS,
              () ->
                  network.ports(node.process()).stream()
                      .filter(port -> port.reactor() == reactor)
                      .forEach(port -> port.cut(true)));
        }
      }
    }

    private void killClaimant(SplittableRandom random) {
      SimClaimant victim = claimant(random);
      if (victim.process().isUp()) {
        victim.died();
        if (random.nextBoolean()) {
          victim.process().kill();
        } else {
          victim.process().losePower();
        }
        world.after(
            random.nextLong(10, 2_000) * SimWorld.MILLIS, () -> startAgain(victim.process()));
      }
    }

    private void startAgain(SimProcess victim) {
      if (!victim.isUp()) {
        victim.start();
      }
    }

    private void partition(SplittableRandom random, boolean toNode, boolean toClaimant) {
      SimProcess claimant = claimant(random).process();
      long nanos = duration(random);
      world.trace("nemesis", "at " + claimant + " for " + nanos / SimWorld.MILLIS + " ms");
      if (toNode) {
        network.link(claimant, node.process()).block(nanos);
      }
      if (toClaimant) {
        network.link(node.process(), claimant).block(nanos);
      }
    }

    private void cutConnections(SplittableRandom random) {
      List<SimPort> open = network.connections(claimant(random).process(), node.process());
      for (SimPort port : open) {
        if (random.nextInt(3) == 0) {
          port.cut(random.nextBoolean());
        }
      }
    }

    private void slowNetwork(SplittableRandom random) {
      SimProcess claimant = claimant(random).process();
      long extra = random.nextLong(1, 300) * SimWorld.MILLIS;
      network.link(claimant, node.process()).slow(duration(random), extra);
      network.link(node.process(), claimant).slow(duration(random), extra);
    }

    private void badBlock(SplittableRandom random) {
      long extent = random.nextInt(LoneDiskNode.EXTENTS);
      disk.unreadable(
          LoneDiskNode.firstDataBlock() + extent * LoneDiskNode.extentBlocks() + random.nextInt(4));
    }

    @Override
    public Map<String, Scenario.Strike> strikes() {
      return strikes;
    }

    @Override
    public boolean isAt(String step) {
      return switch (step) {
        case "opening" -> node.isOpening();
        case "allocating" -> any(one -> one.isAsking(DiskOp.ALLOCATE));
        case "growing" -> any(one -> one.isAsking(DiskOp.GROW));
        case "freeing" -> any(one -> one.isAsking(DiskOp.FREE));
        case "zeroing" -> node.isZeroing();
        case "admitting" -> any(one -> one.isAsking(DiskOp.ADMIT));
        case "connecting" -> any(SimClaimant::isConnecting);
        case "record-asked" ->
            any(one -> one.isAsking(RecordOp.PROMISE) || one.isAsking(RecordOp.ACCEPT));
        case "table-in-disk" -> has(BlockOp.WRITE, false);
        case "read-in-disk" -> has(BlockOp.READ, true);
        case "write-in-disk" -> facts.isWriting();
        case "flush-in-disk" -> disk.has(BlockOp.FLUSH);
        default -> throw new IllegalArgumentException(step);
      };
    }

    private boolean any(Predicate<SimClaimant> what) {
      return claimants.stream().anyMatch(what);
    }

    private boolean has(BlockOp op, boolean data) {
      return disk.commands().stream()
          .anyMatch(one ->
              one.op() == op && one.io().startBlock() >= LoneDiskNode.firstDataBlock() == data);
    }

    @Override
    public void provoke(String step, SplittableRandom random) {
      switch (step) {
        case "allocating", "growing", "freeing" -> claimant(random).hurry(step);
        case "opening", "zeroing" -> {
          node.kill();
          world.after(random.nextLong(1, 50) * SimWorld.MILLIS, node::start);
        }
        default -> {}
      }
    }

    @Override
    public void heal() {
      network.heal();
      disk.heal();
      node.process().spare();
      node.start();
      claimants.forEach(claimant -> startAgain(claimant.process()));
      doneWhenHealed = history.opsDone();
    }

    @Override
    public void stop() {
      // Not before everybody is connected again, and somebody has used a logical disk.
    }

    @Override
    public boolean isIdle() {
      boolean works =
          claimants.stream().allMatch(SimClaimant::isConnected)
              && history.opsDone() > doneWhenHealed;
      if (works) {
        claimants.forEach(SimClaimant::stop);
      }
      return works && claimants.stream().allMatch(SimClaimant::isIdle);
    }

    @Override
    public void shutDown() {
      claimants.forEach(SimClaimant::shutDown);
    }

    /** The node is started once more, so that all is tried to be zeroed once more. */
    @Override
    public boolean isShutDown() {
      boolean left =
          claimants.stream().allMatch(SimClaimant::isShutDown)
              && !node.hasControllers()
              && node.agent() != null
              && disk.commands().isEmpty();
      if (!restarted && left) {
        node.checkLeft();
        restarted = true;
        node.kill();
        node.start();
      }
      return restarted && node.agent() != null && node.agent().disk().isZeroed();
    }

    @Override
    public void check() {
      facts.settled(node.agent().disk());
      for (long block : facts.touched()) {
        String wrong = BlockChecker.check(history, block);
        if (wrong != null) {
          world.violated("LINEARIZABLE", wrong);
          return;
        }
      }
    }

    @Override
    public long opsDone() {
      return history.opsDone();
    }
  }
}
