package io.dnvme.sim;

import io.dnvme.agent.NodeNames;
import io.dnvme.agent.leg.LegOptions;
import io.dnvme.agent.leg.LegPlan;
import io.dnvme.agent.leg.LegStatus;
import io.dnvme.agent.leg.ReturnDelays;
import io.dnvme.block.BlockOp;
import io.dnvme.disk.format.ExtentMap;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.ownership.Claim;
import io.dnvme.volume.intent.IntentSettings;
import io.dnvme.volume.intent.MemberLayout;
import io.dnvme.volume.intent.RebuildRate;
import io.dnvme.volume.mirror.MirrorOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.Predicate;

/** One run of {@link LegScenario}. */
final class LegCourse implements Scenario.Course {

  static final UUID DISK = UUID.fromString("5a000000-0000-4000-8000-0000000d15c0");

  private static final int DISK_NODES = 3;
  private static final int CONTROLLERS = 2;
  private static final int FIRST_NODE_PORT = 7000;
  private static final int FIRST_CONTROLLER_PORT = 4420;
  private static final int REGION_SHIFT = MemberLayout.MIN_REGION_SHIFT;
  private static final int REGION_BLOCKS = (1 << REGION_SHIFT) / SimDiskNode.BLOCK_BYTES;
  private static final int REGIONS = 4;

  /** The end of one region and the beginning of the next. */
  private static final int FIRST_BLOCK = REGION_BLOCKS - 2;

  private static final int USED_BLOCKS = 6;

  /** Short, so that members which fail are rebuilt and promoted often. */
  private static final ReturnDelays RETURNS =
      new ReturnDelays(200 * SimWorld.MILLIS, 2_000 * SimWorld.MILLIS, 20_000 * SimWorld.MILLIS);

  private static final long FAULT_REST_NANOS = 300 * SimWorld.MILLIS;
  private static final long WATCH_NANOS = 20 * SimWorld.MILLIS;

  private final SimWorld world;
  private final SimNetwork network;
  private final History history;
  private final LegPlan plan;
  private final LegOptions options;
  private final List<SimDiskNode> nodes = new ArrayList<>();
  private final List<SimController> controllers = new ArrayList<>();
  private final List<SimHost> hosts = new ArrayList<>();
  private final Map<String, Scenario.Strike> strikes;
  private final MemberLayout layout =
      new MemberLayout(
          SimDiskNode.BLOCK_BYTES, (long) REGIONS * REGION_BLOCKS, REGION_SHIFT, false);
  private int lossesServed;
  private boolean hostsLeft;

  LegCourse(SimWorld world, LegBugs planted) {
    this.world = world;
    network = new SimNetwork(world);
    history = new History(world);
    SplittableRandom random = world.random("layout");
    options =
        new LegOptions(
            REGION_SHIFT,
            new IntentSettings(300 * SimWorld.MILLIS, 2),
            MirrorOptions.DEFAULTS,
            RebuildRate.DEFAULT,
            RETURNS,
            planted.leg());
    for (int i = 0; i < DISK_NODES; i++) {
      nodes.add(new SimDiskNode(network, i, FIRST_NODE_PORT + i, planted));
    }
    int members = random.nextInt(3) == 0 ? 2 : 3;
    plan =
        new LegPlan(
            DISK,
            "disk",
            SimDiskNode.BLOCK_BYTES,
            (long) REGIONS << REGION_SHIFT,
            random.nextInt(100, 600),
            List.of(nodes.stream().limit(members).map(SimDiskNode::id).toList()));
    for (int i = 0; i < CONTROLLERS; i++) {
      controllers.add(
          new SimController(
              network,
              i,
              FIRST_CONTROLLER_PORT + i,
              nodes,
              DISK,
              i == 0 || random.nextBoolean() ? Optional.of(plan) : Optional.empty(),
              options,
              this::serves));
    }
    layHosts(random);
    strikes = new LegStrikes(this).all();
    nodes.forEach(node -> node.process().start());
    controllers.forEach(controller -> controller.process().start());
    hosts.forEach(host -> host.process().start());
    watchRecord();
  }

  /** MEMBER: who counts as in-sync for the owner is so in the record, time and again. */
  private void watchRecord() {
    for (SimController controller : controllers) {
      LegStatus status = controller.status();
      if (status != null && status.record() != null && status.serving()) {
        checkRecord(controller, status);
      }
    }
    world.after(WATCH_NANOS, this::watchRecord);
  }

  private void checkRecord(SimController owner, LegStatus status) {
    LegStatus.GroupStatus group = status.groups().getFirst();
    for (int member = 0; member < plan.members().size(); member++) {
      int bit = 1 << member;
      boolean counts = (group.inSync() & ~group.failed() & bit) != 0;
      if (counts && !status.record().member(plan.logicalDisk(member)).inSync()) {
        world.violated(
            "MEMBER", owner.process() + " counts member " + member + ", and its record does not");
      }
    }
  }

  private void layHosts(SplittableRandom random) {
    var stamps = new SimHost.StampSource();
    for (int i = 0; i < 2; i++) {
      var hostPlan =
          new SimHost.Plan(
              controllers.stream().map(SimController::port).toList(),
              NodeNames.virtualDisk(DISK),
              random.nextInt(2, 5),
              FIRST_BLOCK,
              USED_BLOCKS,
              QueueOptions.of(1).withDepth(random.nextInt(2, 9)),
              random.nextInt(1000, 3001),
              random.nextLong(10, 60) * SimWorld.MILLIS,
              false,
              true,
              FAULT_REST_NANOS);
      var host = new SimHost(network, "host" + i, history, stamps, hostPlan, Set.of());
      host.isToldOfLosses(port -> controllers.get(port - FIRST_CONTROLLER_PORT).lossNanos());
      hosts.add(host);
    }
  }

  SimWorld world() {
    return world;
  }

  SimNetwork network() {
    return network;
  }

  History history() {
    return history;
  }

  List<SimDiskNode> nodes() {
    return nodes;
  }

  List<SimController> controllers() {
    return controllers;
  }

  List<SimHost> hosts() {
    return hosts;
  }

  /** A controller begins to serve what its record says has lost so often what was not flushed. */
  private void serves(int losses) {
    if (losses != lossesServed) {
      lossesServed = losses;
      world.trace("leg", "what was not flushed may be gone");
      history.powerLost();
    }
  }

  /** A block of a member's data cannot be read until it is written again. */
  void badBlock(SplittableRandom random) {
    int member = random.nextInt(plan.members().size());
    SimDiskNode node = nodes.get(member);
    UUID disk = plan.logicalDisk(member);
    if (node.agent() != null && node.agent().disk().find(disk).isPresent()) {
      long block = layout.dataStartBlock() + FIRST_BLOCK + random.nextInt(USED_BLOCKS);
      node.disk().unreadable(ExtentMap.diskBlock(node.agent().disk(), disk, block));
    }
  }

  /**
   * A block that is being written when the power goes is the old one or the new one (NVMe's AWUPF):
   * a host that has written to the last in-sync member relies on that. Headers are proof against
   * more.
   */
  void tearHeadersOnly(SimDiskNode node) {
    int member = nodes.indexOf(node);
    if (member >= plan.members().size() || node.agent() == null) {
      return;
    }
    UUID disk = plan.logicalDisk(member);
    if (node.agent().disk().find(disk).isPresent()) {
      node.disk()
          .tornBelow(ExtentMap.diskBlock(node.agent().disk(), disk, layout.dataStartBlock()));
    }
  }

  @Override
  public Map<String, Scenario.Strike> strikes() {
    return strikes;
  }

  // ---- steps

  @Override
  public boolean isAt(String step) {
    return switch (step) {
      case "unclaimed" -> noOwner();
      case "claim-probing" -> claims(Claim.State.PROBING);
      case "claim-promising" -> claims(Claim.State.PROMISING) || claims(Claim.State.ACCEPTING);
      case "admitting" -> claims(Claim.State.ADMITTING);
      case "removing-at-takeover" -> claims(Claim.State.REMOVING);
      case "resync" -> anyGroup(group -> group.unequalRegions() > 0);
      case "member-failed" -> anyGroup(group -> group.failed() != 0);
      case "rebuilding" -> anyGroup(group -> group.rebuilding() != 0);
      case "promotion-in-doubt" -> anyGroup(group -> group.promotionInDoubt() != 0);
      case "serving-idle" ->
          anyStatus(LegStatus::serving)
              && nodes.stream().allMatch(node -> node.disk().commands().isEmpty());
      case "write-in-disk" -> nodes.stream().anyMatch(node -> node.disk().has(BlockOp.WRITE));
      case "flush-in-disk" -> nodes.stream().anyMatch(node -> node.disk().has(BlockOp.FLUSH));
      default -> throw new IllegalArgumentException(step);
    };
  }

  @Override
  public void provoke(String step, SplittableRandom random) {
    SimController owner = owner();
    SimDiskNode node = nodes.get(random.nextInt(plan.members().size()));
    switch (step) {
      case "unclaimed", "claim-probing", "claim-promising", "admitting", "resync" -> {
        if (random.nextBoolean()) {
          owner.giveBack();
        } else {
          killFor(owner.process(), random);
        }
      }
      case "removing-at-takeover" -> {
        killFor(node.process(), random);
        killFor(owner.process(), random);
      }
      case "member-failed", "rebuilding", "promotion-in-doubt" -> {
        List<SimPort> open = network.connections(owner.process(), node.process());
        if (!open.isEmpty()) {
          open.getLast().cut(true);
        }
      }
      default -> {}
    }
  }

  private void killFor(SimProcess victim, SplittableRandom random) {
    if (victim.isUp()) {
      victim.kill();
      world.after(random.nextLong(500, 4_000) * SimWorld.MILLIS, () -> startAgain(victim));
    }
  }

  /** The controller that serves, or is nearest to it. */
  SimController owner() {
    return controllers.stream()
        .filter(one -> one.status() != null)
        .max(Comparator.comparingInt(LegCourse::progress))
        .orElse(controllers.getFirst());
  }

  private static int progress(SimController controller) {
    LegStatus status = controller.status();
    return status.serving() ? 100 : status.claim() == null ? 0 : 1 + status.claim().ordinal();
  }

  private boolean noOwner() {
    return !anyStatus(status -> status.record() != null);
  }

  private boolean anyStatus(Predicate<LegStatus> is) {
    for (SimController controller : controllers) {
      LegStatus status = controller.status();
      if (status != null && is.test(status)) {
        return true;
      }
    }
    return false;
  }

  private boolean claims(Claim.State state) {
    return anyStatus(status -> status.claim() == state);
  }

  private boolean anyGroup(Predicate<LegStatus.GroupStatus> is) {
    return anyStatus(status -> status.groups().stream().anyMatch(is));
  }

  // ---- the end

  @Override
  public void heal() {
    network.heal();
    for (SimDiskNode node : nodes) {
      node.disk().heal();
      node.process().spare();
      startAgain(node.process());
    }
    for (SimController controller : controllers) {
      controller.process().spare();
      startAgain(controller.process());
    }
    hosts.forEach(host -> startAgain(host.process()));
  }

  void startAgain(SimProcess victim) {
    if (!victim.isUp()) {
      victim.start();
    }
  }

  @Override
  public void stop() {
    hosts.forEach(SimHost::stop);
  }

  @Override
  public boolean isIdle() {
    return hosts.stream().allMatch(SimHost::isIdle)
        && controllers.stream().anyMatch(SimController::isWhole);
  }

  @Override
  public void shutDown() {
    checkMembers();
    hosts.forEach(SimHost::shutDown);
  }

  @Override
  public boolean isShutDown() {
    if (!hostsLeft) {
      hostsLeft =
          hosts.stream().allMatch(SimHost::isShutDown)
              && controllers.stream().noneMatch(SimController::hasHosts);
      if (hostsLeft) {
        controllers.forEach(SimController::shutDown);
      }
      return false;
    }
    // What a controller asked of members ends with its associations, a little later.
    return controllers.stream().allMatch(SimController::isShutDown)
        && nodes.stream()
            .noneMatch(node -> node.hasControllers() || !node.disk().commands().isEmpty());
  }

  /** MEMBER, ACK: members that are in-sync and equal by what they say hold the same blocks. */
  private void checkMembers() {
    for (long block = 0; block < layout.dataBlocks(); block++) {
      byte[] first = content(0, block);
      for (int member = 1; member < plan.members().size(); member++) {
        if (!Arrays.equals(first, content(member, block))) {
          world.violated("MEMBER", "members 0 and " + member + " differ in block " + block);
          return;
        }
      }
    }
  }

  private byte[] content(int member, long block) {
    SimDiskNode node = nodes.get(member);
    long at =
        ExtentMap.diskBlock(
            node.agent().disk(), plan.logicalDisk(member), layout.dataStartBlock() + block);
    return node.disk().content(at);
  }

  @Override
  public void check() {
    nodes.forEach(SimDiskNode::check);
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
