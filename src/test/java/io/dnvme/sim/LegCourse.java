package io.dnvme.sim;

import io.dnvme.agent.NodeNames;
import io.dnvme.agent.leg.LegOptions;
import io.dnvme.agent.leg.LegPlan;
import io.dnvme.agent.leg.LegStatus;
import io.dnvme.agent.leg.ReturnDelays;
import io.dnvme.block.BlockOp;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.ownership.Claim;
import io.dnvme.ownership.HolderStep;
import io.dnvme.ownership.LegRecord;
import io.dnvme.volume.intent.IntentSettings;
import io.dnvme.volume.intent.MemberLayout;
import io.dnvme.volume.intent.RebuildRate;
import io.dnvme.volume.mirror.MirrorOptions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** One run of {@link LegScenario}. */
final class LegCourse implements Scenario.Course {

  static final UUID DISK = UUID.fromString("5a000000-0000-4000-8000-0000000d15c0");

  private static final int CONTROLLERS = 2;

  /** The last of them only reads. */
  private static final int HOSTS = 3;

  private static final int FIRST_NODE_PORT = 7000;
  private static final int FIRST_CONTROLLER_PORT = 4420;
  private static final int REGION_SHIFT = MemberLayout.MIN_REGION_SHIFT;
  private static final int REGION_BLOCKS = (1 << REGION_SHIFT) / SimDiskNode.BLOCK_BYTES;
  private static final int REGIONS = 4;

  private static final int USED_BLOCKS = 6;

  /** Short, so that members which fail are rebuilt and promoted often. */
  private static final ReturnDelays RETURNS =
      new ReturnDelays(200 * SimWorld.MILLIS, 2_000 * SimWorld.MILLIS, 20_000 * SimWorld.MILLIS);

  /** Before the end of a region; the other blocks that are used are in the next one. */
  private static final int BLOCKS_BEFORE_BORDER = 2;

  private static final List<String> AIMS_AT_HOLDERS =
      List.of("holders-joining", "holders-half-way", "holders-half-way", "serving-idle");

  /** Whoever aims at others meets them. */
  private static final Set<String> OFTEN_MET = Set.of("unclaimed", "claim-probing", "serving-idle");

  /** Aimed at twice as often as others, or three times. */
  private static final List<String> SELDOM_MET =
      List.of(
          "removing-at-takeover",
          "resync",
          "promotion-in-doubt",
          "holders-joining",
          "holders-half-way",
          "holders-half-way");

  private static final Set<HolderStep> BEFORE_BOTH =
      EnumSet.of(HolderStep.JOINING, HolderStep.CONFIRMING, HolderStep.WAITING);

  private static final long FAULT_REST_NANOS = 300 * SimWorld.MILLIS;
  private static final long WATCH_NANOS = 20 * SimWorld.MILLIS;
  private static final long DEAD_HOST_NANOS = 15 * SimWorld.SECONDS;
  private static final long LOOK_NANOS = 15 * SimWorld.MICROS;

  private final SimWorld world;
  private final SimNetwork network;
  private final History history;
  private final LegShape shape;
  private final LegPlan plan;
  private final LegOptions options;
  private final List<SimDiskNode> nodes = new ArrayList<>();
  private final List<SimController> controllers = new ArrayList<>();
  private final List<SimHost> hosts = new ArrayList<>();
  private final LegFacts facts;
  private final LegDeciders deciders;
  private final LegRot rot;
  private final LegOrdeals ordeals;
  private final Map<String, Scenario.Strike> strikes;

  private final LegMembers members;

  /** The end of one region, or group, and the beginning of the next. */
  private final int firstBlock;

  private int lossesServed;
  private boolean hostsLeft;
  private long mayKillHostNanos;
  private boolean healed;

  LegCourse(SimWorld world, LegBugs planted) {
    this.world = world;
    network = new SimNetwork(world);
    history = new History(world);
    SplittableRandom random = world.random("layout");
    shape = LegShape.of(random);
    world.trace("leg", "is " + shape);
    options =
        new LegOptions(
            REGION_SHIFT,
            new IntentSettings(shape.clearNanos(), 2),
            MirrorOptions.DEFAULTS,
            RebuildRate.DEFAULT,
            RETURNS,
            planted.leg());
    for (int i = 0; i < shape.nodes().size(); i++) {
      nodes.add(new SimDiskNode(network, i, FIRST_NODE_PORT + i, shape.nodes().get(i), planted));
    }
    int groups = shape.groups().size();
    var layout =
        new MemberLayout(
            SimDiskNode.BLOCK_BYTES,
            (long) REGIONS / groups * REGION_BLOCKS,
            REGION_SHIFT,
            shape.checksums());
    firstBlock = (groups == 1 ? REGION_BLOCKS : (int) layout.dataBlocks()) - BLOCKS_BEFORE_BORDER;
    plan =
        new LegPlan(
            DISK,
            "disk",
            SimDiskNode.BLOCK_BYTES,
            layout.dataBytes(),
            shape.leaseMs(),
            shape.groups().stream()
                .map(group -> group.stream().map(number -> nodes.get(number).id()).toList())
                .toList(),
            shape.checksums());
    members = new LegMembers(plan, shape, layout, nodes, this::newestRecord);
    for (int i = 0; i < CONTROLLERS; i++) {
      controllers.add(
          new SimController(
              network,
              i,
              FIRST_CONTROLLER_PORT + i,
              nodes,
              shape.holders(),
              DISK,
              i == 0 || random.nextBoolean() ? Optional.of(plan) : Optional.empty(),
              options,
              this::serves));
    }
    layHosts(random);
    setClocks();
    nodes.forEach(node -> node.disk().tornWhere(block -> !members.isData(node, block)));
    facts = new LegFacts(world, LegPlan.leg(DISK), nodes, controllers);
    deciders =
        new LegDeciders(this, nodes.stream().limit(shape.holders()).map(SimDiskNode::id).toList());
    rot = new LegRot(this, members);
    ordeals = new LegOrdeals(this);
    strikes = new LegStrikes(this, ordeals).all();
    nodes.forEach(node -> node.process().start());
    controllers.forEach(controller -> controller.process().start());
    hosts.forEach(host -> host.process().start());
    watchRecord();
    ordeals.campaign(shape.theme().nemeses());
    if (shape.missesCreation() >= 0) {
      watchCreation(nodes.get(shape.missesCreation()).process(), random);
    }
  }

  /** Null where there is none. */
  private LegRecord newestRecord() {
    return facts == null ? null : facts.newest();
  }

  private void setClocks() {
    if (shape.clocksApart()) {
      controllers.forEach(one -> one.process().clockRate(1 + SimProcess.MAX_DRIFT));
      nodes.forEach(node -> node.process().clockRate(1 + SimProcess.MAX_DRIFT));
      controllers.getFirst().process().clockRate(1 - SimProcess.MAX_DRIFT);
    }
  }

  /** Who is not there when the leg is created does not know it (RECORD). */
  private void watchCreation(SimProcess holder, SplittableRandom random) {
    if (claims(Claim.State.PROMISING)) {
      killFor(holder, random);
    } else if (world.nowNanos() < SimWorld.SECONDS) {
      world.after(LOOK_NANOS, () -> watchCreation(holder, random));
    }
  }

  /** What the owner takes for known, time and again. */
  private void watchRecord() {
    for (SimController controller : controllers) {
      LegStatus status = controller.status();
      if (status != null && status.record() != null && status.serving()) {
        facts.checkOwner(controller, status);
      }
    }
    world.after(WATCH_NANOS, this::watchRecord);
  }

  private void layHosts(SplittableRandom random) {
    var stamps = new SimHost.StampSource();
    for (int i = 0; i < HOSTS; i++) {
      boolean onlyReads = i == HOSTS - 1;
      var hostPlan =
          new SimHost.Plan(
              controllers.stream().map(SimController::port).toList(),
              NodeNames.virtualDisk(DISK),
              onlyReads ? 2 : random.nextInt(2, 5),
              firstBlock,
              USED_BLOCKS,
              QueueOptions.of(1).withDepth(random.nextInt(2, 9)),
              random.nextInt(1000, 3001),
              random.nextLong(10, onlyReads ? 20 : 60) * SimWorld.MILLIS,
              false,
              true,
              onlyReads,
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

  LegDeciders deciders() {
    return deciders;
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

  /** Does it then, unless nothing is to be harmed any more. */
  void later(long nanos, Runnable blow) {
    world.after(
        nanos,
        () -> {
          if (!healed) {
            blow.run();
          }
        });
  }

  LegShape shape() {
    return shape;
  }

  /** Hosts begin nothing but reads for so long. */
  void quiet(long nanos) {
    world.trace("hosts", "only read for " + nanos / SimWorld.MILLIS + " ms");
    hosts.forEach(host -> host.quiet(nanos));
  }

  @Override
  public int nemesesAtOnce() {
    return shape.theme() == LegShape.Theme.ANYTHING ? 3 : 1;
  }

  @Override
  public List<String> aims(List<String> steps) {
    if (shape.theme() == LegShape.Theme.HOLDERS) {
      return AIMS_AT_HOLDERS;
    }
    List<String> aims = new ArrayList<>(SELDOM_MET);
    steps.stream().filter(step -> !OFTEN_MET.contains(step)).forEach(aims::add);
    return aims;
  }

  @Override
  public void strikesByItself(Consumer<String> struck) {
    ordeals.counted(struck);
  }

  @Override
  public boolean isCalm() {
    return ordeals.isCalm();
  }

  /** Whether the leg is served with all its members, and the other controller lies in wait. */
  boolean isReady() {
    SimController owner = owner();
    return owner.isWhole()
        && controllers.stream()
            .filter(one -> one != owner)
            .allMatch(one -> one.status() != null && one.status().claim() == Claim.State.PROBING);
  }

  long anyUsedBlock(SplittableRandom random) {
    return firstBlock + random.nextInt(USED_BLOCKS);
  }

  /** Whether the owner takes the member for in-sync. */
  boolean isInSync(int group, int member) {
    LegStatus status = owner().status();
    return status != null
        && status.serving()
        && (status.groups().get(group).inSync()
                & ~status.groups().get(group).failed()
                & 1 << member)
            != 0;
  }

  LegMembers members() {
    return members;
  }

  LegRot rot() {
    return rot;
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
      case "holders-joining" -> anyHolderStep(BEFORE_BOTH::contains);
      case "holders-half-way" -> anyHolderStep(half -> !BEFORE_BOTH.contains(half));
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
    List<Integer> data = shape.dataNodes();
    SimDiskNode node = nodes.get(data.get(random.nextInt(data.size())));
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
      case "holders-joining", "holders-half-way" -> deciders.change(random);
      default -> {}
    }
  }

  void killFor(SimProcess victim, SplittableRandom random) {
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

  /** Whether the owner is rebuilding a member on that node, or is promoting it. */
  boolean isReturning(SimDiskNode node) {
    LegStatus status = owner().status();
    int number = nodes.indexOf(node);
    boolean returns = false;
    for (int group = 0; status != null && group < status.groups().size(); group++) {
      LegStatus.GroupStatus now = status.groups().get(group);
      int within = shape.groups().get(group).indexOf(number);
      returns |= within >= 0 && ((now.rebuilding() | now.promotionInDoubt()) & 1 << within) != 0;
    }
    return returns;
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

  private boolean anyHolderStep(Predicate<HolderStep> is) {
    return controllers.stream()
        .map(SimController::holderStep)
        .anyMatch(step -> step != null && is.test(step));
  }

  private boolean anyGroup(Predicate<LegStatus.GroupStatus> is) {
    return anyStatus(status -> status.groups().stream().anyMatch(is));
  }

  // ---- the end

  @Override
  public void heal() {
    healed = true;
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
    deciders.agree(world.random("the end"));
  }

  /**
   * Its commands may take effect until long afterwards: not too often, for commands of which nobody
   * knows what they did must not be too many for {@link BlockChecker}.
   *
   * @return whether it was killed
   */
  boolean killHost(SimHost victim, long downNanos) {
    boolean kills = victim.process().isUp() && world.nowNanos() >= mayKillHostNanos;
    if (kills) {
      mayKillHostNanos = world.nowNanos() + DEAD_HOST_NANOS / 3;
      victim.died(DEAD_HOST_NANOS);
      victim.process().kill();
      world.after(downNanos, () -> startAgain(victim.process()));
    }
    return kills;
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
    return members.isLost() || isAllDone();
  }

  private boolean isAllDone() {
    return hosts.stream().allMatch(SimHost::isIdle)
        && controllers.stream().anyMatch(SimController::isWhole)
        && deciders.isDone(facts);
  }

  @Override
  public void shutDown() {
    if (members.isLost()) {
      world.trace("leg", "is lost with the memory of its last member");
      return;
    }
    members.checkEqual(world);
    hosts.forEach(SimHost::shutDown);
  }

  @Override
  public boolean isShutDown() {
    if (members.isLost()) {
      return true;
    }
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

  @Override
  public void check() {
    if (!members.isLost()) {
      nodes.forEach(SimDiskNode::check);
    }
    for (long block = firstBlock; block < firstBlock + USED_BLOCKS; block++) {
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
