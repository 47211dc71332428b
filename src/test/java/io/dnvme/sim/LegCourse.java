package io.dnvme.sim;

import io.dnvme.agent.leg.LegOptions;
import io.dnvme.agent.leg.LegPlan;
import io.dnvme.agent.leg.LegStatus;
import io.dnvme.agent.leg.ReturnDelays;
import io.dnvme.ownership.Claim;
import io.dnvme.ownership.LegRecord;
import io.dnvme.volume.intent.IntentSettings;
import io.dnvme.volume.intent.MemberLayout;
import io.dnvme.volume.intent.RebuildRate;
import io.dnvme.volume.mirror.MirrorOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.Consumer;

/** One run of {@link LegScenario}. */
final class LegCourse implements Scenario.Course {

  static final UUID DISK = UUID.fromString("5a000000-0000-4000-8000-0000000d15c0");

  private static final int CONTROLLERS = 2;

  private static final int FIRST_NODE_PORT = 7000;
  static final int FIRST_CONTROLLER_PORT = 4420;
  private static final int REGION_SHIFT = MemberLayout.MIN_REGION_SHIFT;
  private static final int REGION_BLOCKS = (1 << REGION_SHIFT) / SimDiskNode.BLOCK_BYTES;
  private static final int REGIONS = 4;

  static final int USED_BLOCKS = 6;

  /** Short, so that members which fail are rebuilt and promoted often. */
  private static final ReturnDelays RETURNS =
      new ReturnDelays(200 * SimWorld.MILLIS, 2_000 * SimWorld.MILLIS, 20_000 * SimWorld.MILLIS);

  /** Before the end of a region; the other blocks that are used are in the next one. */
  static final int BLOCKS_BEFORE_BORDER = 2;

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

  private static final long WATCH_NANOS = 20 * SimWorld.MILLIS;
  private static final long LOOK_NANOS = 15 * SimWorld.MICROS;

  private final SimWorld world;
  private final SimNetwork network;
  private final History history;
  private final LegShape shape;
  private final LegPlan plan;
  private final LegOptions options;
  private final List<SimDiskNode> nodes = new ArrayList<>();
  private final List<SimController> controllers = new ArrayList<>();
  private final LegHosts hosts;
  private final LegSteps steps;
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
  private boolean healed;

  /** One that the seed lays out. */
  static LegCourse of(SimWorld world, LegBugs planted) {
    SplittableRandom random = world.random("layout");
    return new LegCourse(world, planted, LegShape.of(random, world.random("flushes")), random);
  }

  /**
   * @param random for what the shape leaves open
   */
  LegCourse(SimWorld world, LegBugs planted, LegShape shape, SplittableRandom random) {
    this.world = world;
    this.shape = shape;
    network = new SimNetwork(world);
    history = new History(world);
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
    hosts = new LegHosts(this, random);
    steps = new LegSteps(this);
    setClocks();
    slowFlushes();
    nodes.forEach(node -> node.disk().tornWhere(block -> !members.isData(node, block)));
    facts = new LegFacts(world, LegPlan.leg(DISK), nodes, controllers);
    deciders =
        new LegDeciders(this, nodes.stream().limit(shape.holders()).map(SimDiskNode::id).toList());
    rot = new LegRot(this, members);
    ordeals = new LegOrdeals(this);
    strikes = new LegStrikes(this, ordeals).all();
    nodes.forEach(node -> node.process().start());
    controllers.forEach(controller -> controller.process().start());
    hosts.all().forEach(host -> host.process().start());
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

  private void slowFlushes() {
    if (shape.slowFlushes()) {
      long nanos = shape.flushNanos();
      world.trace("leg", "has disks whose flushes take up to " + nanos / SimWorld.MILLIS + " ms");
      world.after(SimWorld.SECONDS, () -> nodes.forEach(node -> node.disk().flushesTake(nanos)));
    }
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
    if (steps.claims(Claim.State.PROMISING)) {
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

  LegFacts facts() {
    return facts;
  }

  LegDeciders deciders() {
    return deciders;
  }

  LegHosts hosts() {
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

  /** What the leg is at. */
  LegSteps steps() {
    return steps;
  }

  /** The first of those that hosts use. */
  int firstBlock() {
    return firstBlock;
  }

  @Override
  public int nemesesAtOnce() {
    return shape.theme() == LegShape.Theme.ANYTHING ? 3 : 1;
  }

  @Override
  public List<String> aims(List<String> all) {
    if (shape.theme() == LegShape.Theme.HOLDERS) {
      return AIMS_AT_HOLDERS;
    }
    List<String> aims = new ArrayList<>(SELDOM_MET);
    all.stream().filter(step -> !OFTEN_MET.contains(step)).forEach(aims::add);
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

  /** One behind the border. */
  long anyCoolBlock(SplittableRandom random) {
    return firstBlock + BLOCKS_BEFORE_BORDER + random.nextInt(USED_BLOCKS - BLOCKS_BEFORE_BORDER);
  }

  long anyUsedBlock(SplittableRandom random) {
    return firstBlock + random.nextInt(USED_BLOCKS);
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

  @Override
  public boolean isAt(String step) {
    return steps.isAt(step);
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
    return steps.owner();
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
    hosts.all().forEach(host -> startAgain(host.process()));
    deciders.agree(world.random("the end"));
  }

  void startAgain(SimProcess victim) {
    if (!victim.isUp()) {
      victim.start();
    }
  }

  @Override
  public void stop() {
    hosts.all().forEach(SimHost::stop);
  }

  @Override
  public boolean isIdle() {
    return isLost() || isAllDone();
  }

  /** With the memory of its last members, or of too many holders. */
  private boolean isLost() {
    return members.isLost() || facts.isRecordLost();
  }

  private boolean isAllDone() {
    return hosts.all().stream().allMatch(SimHost::isIdle)
        && controllers.stream().anyMatch(SimController::isWhole)
        // Whoever would be a holder has to be faster than that (HolderChange).
        && (shape.slowFlushes() || deciders.isDone(facts));
  }

  @Override
  public void shutDown() {
    if (isLost()) {
      world.trace("leg", "is lost with what was memory");
      return;
    }
    members.checkEqual(world);
    hosts.all().forEach(SimHost::shutDown);
  }

  @Override
  public boolean isShutDown() {
    if (isLost()) {
      return true;
    }
    if (!hostsLeft) {
      hostsLeft =
          hosts.all().stream().allMatch(SimHost::isShutDown)
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
    if (!isLost()) {
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
