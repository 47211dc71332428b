package io.dnvme.agent.leg;

import io.dnvme.agent.disknode.DiskNodeAgent;
import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.FaultDevice;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.DeviceOpenException;
import io.dnvme.disk.format.Description;
import io.dnvme.disk.format.DiskFormatOptions;
import io.dnvme.disk.format.DiskStore;
import io.dnvme.disk.format.LogicalDisk;
import io.dnvme.disk.format.StoreOutcome;
import io.dnvme.initiator.ControllerListener;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.RecordHolder;
import io.dnvme.target.controller.ControllerLimits;
import io.dnvme.target.controller.EndReason;
import io.dnvme.target.controller.Target;
import io.dnvme.target.controller.TargetObserver;
import io.dnvme.target.discovery.Discovery;
import io.dnvme.target.discovery.Portals;
import io.dnvme.target.queue.TransportLimits;
import io.dnvme.target.subsystem.Subsystems;
import io.dnvme.volume.intent.IntentSettings;
import io.dnvme.volume.intent.MemberLayout;
import io.dnvme.volume.intent.RebuildRate;
import io.dnvme.volume.mirror.MirrorOptions;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Disk nodes on memory and controllers of one virtual disk, under virtual time in one thread. */
final class LegRig implements AutoCloseable {

  static final long MILLI = 1_000_000;
  static final long SECOND = 1_000 * MILLI;
  static final UUID CLUSTER = new UUID(1, 1);
  static final UUID DISK = new UUID(2, 2);
  static final int BLOCK = 4096;
  static final long GROUP_BYTES = 2L << 20;
  static final int GROUP_BLOCKS = (int) (GROUP_BYTES / BLOCK);
  static final int REGION_BLOCKS = (1 << MemberLayout.MIN_REGION_SHIFT) / BLOCK;
  static final int REGIONS = GROUP_BLOCKS / REGION_BLOCKS;

  static final LegOptions OPTIONS =
      new LegOptions(
          MemberLayout.MIN_REGION_SHIFT,
          IntentSettings.DEFAULT,
          MirrorOptions.DEFAULTS,
          RebuildRate.DEFAULT,
          ReturnDelays.DEFAULT,
          LegOptions.Bugs.NONE);

  /** With rebuilds that are so fast. */
  static LegOptions rebuildAt(long bytesPerSecond) {
    return OPTIONS.withRebuild(new RebuildRate(bytesPerSecond, bytesPerSecond));
  }

  private static final long NODE_BYTES = 48L << 20;
  static final long EXTENT_BYTES = 4L << 20;
  private static final int RECORD_PAGES = 64;
  private static final long LIMIT_NANOS = 120 * SECOND;

  final ManualReactor reactor = new ManualReactor();
  final RigNetwork network = new RigNetwork(reactor);
  final List<Node> nodes = new ArrayList<>();
  final List<Controller> controllers = new ArrayList<>();
  private int incarnations;

  /** Of the controllers that come, and of a leg that they make. */
  LegOptions options = OPTIONS;

  boolean checksums;
  long groupBytes = GROUP_BYTES;

  /** One disk node, up or not. */
  final class Node {
    final int number;
    private Kind kind;
    private final int blockBytes;
    private DamagedDisk device;
    private UUID power = newId();
    private Target target;
    private DiskNodeAgent agent;

    /** What its disk does wrong, until it is started again. */
    FaultDevice faults;

    boolean up;

    /** From controllers that come. */
    int distance;

    /** Where controllers that come are told that it is. */
    InetSocketAddress address;

    Node(int number, Kind kind, int blockBytes) {
      this.number = number;
      this.kind = kind;
      this.blockBytes = blockBytes;
      device = device();
      address = RigNetwork.address(number);
    }

    UUID id() {
      return new UUID(3, number);
    }

    @Override
    public String toString() {
      return "n" + number;
    }

    /** Its store, while it is up. */
    RecordHolder holder() {
      return agent.holder();
    }

    void start() {
      var subsystems = new Subsystems();
      target =
          new Target(
              subsystems,
              new Discovery(reactor, subsystems, new Portals(), ControllerLimits.MIN_QUEUE_ENTRIES),
              TransportLimits.DEFAULT,
              ControllerLimits.DEFAULT,
              new TargetObserver() {
                @Override
                public void connected(Association association) {}

                @Override
                public void ended(Association association, EndReason reason) {}
              });
      faults = new FaultDevice(device);
      var setup =
          new DiskNodeAgent.Setup(
              CLUSTER,
              id(),
              kind,
              power,
              DiskFormatOptions.defaults(CLUSTER, newId())
                  .withExtentBytes(EXTENT_BYTES)
                  .withRecordPages(RECORD_PAGES),
              "1.0",
              DiskNodeAgent.Bugs.NONE);
      List<StoreOutcome<DiskNodeAgent>> outcomes = new ArrayList<>();
      reactor.run(
          () -> DiskNodeAgent.start(reactor, faults, setup, subsystems, target, outcomes::add));
      LegRig.this.until("node " + number + " serves", () -> !outcomes.isEmpty());
      if (outcomes.getFirst() instanceof StoreOutcome.Refused<DiskNodeAgent> refused) {
        throw new AssertionError(refused.message());
      }
      agent = ((StoreOutcome.Done<DiskNodeAgent>) outcomes.getFirst()).value();
      up = true;
      network.listen(number, () -> target.newConnection(1));
    }

    /** What is below its disk's format. */
    DamagedDisk medium() {
      return device;
    }

    /** While it is down: another disk is attached, here a new and empty one. */
    DamagedDisk replaceDisk() {
      DamagedDisk before = device;
      device = device();
      return before;
    }

    /** While it is down. */
    void attach(DamagedDisk disk) {
      device = disk;
    }

    /** While it is down: its disk is of another kind from now on. */
    void become(Kind other) {
      kind = other;
    }

    /** The physical disk's identity, while it is up. */
    UUID diskId() {
      return agent.disk().diskId();
    }

    /** Its process ends. */
    void stop() {
      up = false;
      network.close(number);
      reactor.advance(MILLI);
    }

    DiskStore disk() {
      return agent.disk();
    }

    /** While it is down: what is volatile in its machine is gone. */
    void losePower() {
      power = newId();
      if (kind == Kind.MEMORY) {
        device = device();
      }
    }

    private DamagedDisk device() {
      try {
        return new DamagedDisk(reactor, new BlockGeometry(blockBytes, NODE_BYTES / blockBytes));
      } catch (DeviceOpenException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Who connects to the nodes: a controller, or what it is made of. */
  final class Process {
    final List<String> said = new ArrayList<>();
    private final RigNetwork.Host host = network.new Host();
    private final Random random;
    private final UUID incarnation = newId();

    Process(int number) {
      random = new Random(number);
    }

    UUID incarnation() {
      return incarnation;
    }

    HostController open(ControllerOptions options, ControllerListener listener) {
      HostController made = make(options, listener);
      reactor.execute(made::start);
      return made;
    }

    /** One that is to be started. */
    HostController make(ControllerOptions options, ControllerListener listener) {
      return new HostController(options, reactor, List.of(reactor), host, random, listener);
    }

    /** To all nodes. */
    List<DiskNodeLink> links() {
      List<DiskNodeLink> links = new ArrayList<>();
      reactor.run(() ->
          nodes.forEach(node ->
              links.add(
                  new DiskNodeLink(
                      node.id(),
                      RigNetwork.address(node.number),
                      CLUSTER,
                      incarnation,
                      this::open,
                      said::add))));
      return links;
    }

    /** It reaches nobody any more, as if it were killed. */
    void cut() {
      host.cut();
    }
  }

  /** A controller's process, and what it says. */
  final class Controller implements LegController.Listener {
    private final Process process;
    final List<String> said;
    final ControllerAgent agent;
    private final LegController leg;
    LegRecord found;
    BlockDevice device;
    int losses;

    Controller(int number, List<UUID> holders, Optional<LegPlan> plan) {
      this(number, LegRig.this.nodes, holders, plan);
    }

    /**
     * @param nodes those that it knows
     */
    Controller(int number, List<Node> nodes, List<UUID> holders, Optional<LegPlan> plan) {
      process = new Process(number);
      said = process.said;
      var setup =
          new ControllerAgent.Setup(
              CLUSTER,
              new UUID(4, number),
              process.incarnation,
              nodes.stream()
                  .map(node ->
                      new ControllerAgent.DiskNodeAddress(
                          node.id(), node.toString(), node.address, node.distance))
                  .toList(),
              options.bugs().ownership());
      var made = new ControllerAgent[1];
      reactor.run(() ->
          made[0] = new ControllerAgent(reactor, setup, process::open, process.random, said::add));
      agent = made[0];
      leg = serve(plan.map(LegPlan::disk).orElse(DISK), holders, plan, this);
    }

    /** One more virtual disk. */
    LegController serve(LegPlan plan, List<UUID> holders, LegController.Listener listener) {
      return serve(plan.disk(), holders, Optional.of(plan), listener);
    }

    private LegController serve(
        UUID disk, List<UUID> holders, Optional<LegPlan> plan, LegController.Listener listener) {
      var made = new LegController[1];
      var wanted = new ControllerAgent.VirtualDisk(disk, holders, plan, options);
      reactor.run(() -> made[0] = agent.serve(wanted, listener));
      return made[0];
    }

    boolean isServing() {
      return leg.isServing();
    }

    LegController leg() {
      return leg;
    }

    LegStatus status() {
      return leg.status();
    }

    void standBy() {
      leg.standBy();
    }

    LegStatus.GroupStatus group(int index) {
      return status().groups().get(index);
    }

    boolean isWhole() {
      return leg.isWhole();
    }

    /** It reaches nobody any more, as if it were killed. */
    void cut() {
      process.cut();
    }

    /** It gives the leg back and leaves. */
    void leave() {
      boolean[] left = new boolean[1];
      reactor.run(() -> agent.close(() -> left[0] = true));
      until("it has left", () -> left[0]);
    }

    boolean hasSaid(String part) {
      return said.stream().anyMatch(line -> line.contains(part));
    }

    @Override
    public void found(LegRecord record) {
      found = record;
    }

    @Override
    public void lossPossible() {
      losses++;
    }

    @Override
    public void serving(BlockDevice served) {
      device = served;
    }

    @Override
    public void standingBy(String reason) {
      device = null;
    }

    @Override
    public void impossible(String why) {
      said.add("impossible: " + why);
    }

    @Override
    public void happened(String what) {
      said.add(what);
    }
  }

  LegRig(Kind... kinds) {
    for (Kind kind : kinds) {
      start(kind, BLOCK);
    }
  }

  /** One more disk node. */
  Node start(Kind kind, int blockBytes) {
    nodes.add(new Node(nodes.size() + 1, kind, blockBytes));
    nodes.getLast().start();
    return nodes.getLast();
  }

  UUID newId() {
    return new UUID(5, ++incarnations);
  }

  Node node(int number) {
    return nodes.get(number - 1);
  }

  List<UUID> ids(int... numbers) {
    return Arrays.stream(numbers).mapToObj(number -> node(number).id()).toList();
  }

  Controller controller(List<UUID> holders, List<List<UUID>> groups) {
    return controller(holders, plan(groups));
  }

  LegPlan plan(List<List<UUID>> groups) {
    return new LegPlan(DISK, "disk", BLOCK, groupBytes, 400, groups, checksums);
  }

  /** One that makes nothing, and knows these nodes alone. */
  Controller knowing(List<Node> known, List<UUID> holders) {
    controllers.add(new Controller(controllers.size() + 1, known, holders, Optional.empty()));
    return controllers.getLast();
  }

  /** One that knows these nodes alone. */
  Controller making(List<Integer> known, List<UUID> holders, List<List<UUID>> groups) {
    List<Node> them = known.stream().map(this::node).toList();
    controllers.add(
        new Controller(controllers.size() + 1, them, holders, Optional.of(plan(groups))));
    return controllers.getLast();
  }

  /** What whoever creates a leg with these holders begins with. */
  void allocate(int node, LegPlan plan, int member, List<UUID> holders) {
    List<StoreOutcome<LogicalDisk>> outcomes = new ArrayList<>();
    DiskStore disk = node(node).disk();
    long extents = Math.ceilDiv(plan.logicalDiskBytes(options), disk.usage().extentBytes());
    reactor.run(() ->
        disk.allocate(
            plan.logicalDisk(member),
            LegPlan.leg(plan.disk()),
            (int) extents,
            Description.of(plan.purpose(holders)),
            outcomes::add));
    until("it is allocated", () -> !outcomes.isEmpty());
  }

  /** All of a node's disk belongs to somebody else. */
  void occupy(int node) {
    List<StoreOutcome<LogicalDisk>> outcomes = new ArrayList<>();
    DiskStore disk = node(node).disk();
    reactor.run(() ->
        disk.allocate(newId(), newId(), disk.usage().extents(), Description.NONE, outcomes::add));
    until("it is full", () -> !outcomes.isEmpty());
  }

  Controller controller(List<UUID> holders, LegPlan plan) {
    controllers.add(new Controller(controllers.size() + 1, holders, Optional.of(plan)));
    return controllers.getLast();
  }

  Controller serving(List<UUID> holders, List<List<UUID>> groups) {
    Controller controller = controller(holders, groups);
    until("it serves", controller::isServing);
    return controller;
  }

  void until(String what, BooleanSupplier reached) {
    long end = reactor.clock().nanos() + LIMIT_NANOS;
    while (!reached.getAsBoolean()) {
      if (reactor.clock().nanos() > end) {
        var said = new StringBuilder("never: " + what);
        controllers.forEach(one -> said.append("\n  ").append(String.join("\n  ", one.said)));
        throw new AssertionError(said);
      }
      reactor.advance(5 * MILLI);
    }
  }

  void pass(long nanos) {
    reactor.advance(nanos);
  }

  BlockStatus write(Controller to, long block, int blocks, int value) {
    var data = new byte[blocks * BLOCK];
    Arrays.fill(data, (byte) value);
    return submit(to, BlockOp.WRITE, block, blocks, data);
  }

  BlockStatus flush(Controller of) {
    return submit(of, BlockOp.FLUSH, 0, 0, new byte[0]);
  }

  /** The one value that all bytes of the block have. */
  int read(Controller of, long block) {
    var data = new byte[BLOCK];
    BlockStatus status = read(of, block, data);
    if (!status.isSuccess()) {
      throw new AssertionError("read of block " + block + ": " + status);
    }
    for (byte one : data) {
      if (one != data[0]) {
        throw new AssertionError("block " + block + " is mixed");
      }
    }
    return data[0];
  }

  BlockStatus read(Controller of, long block, byte[] into) {
    return submit(of, BlockOp.READ, block, into.length / BLOCK, into);
  }

  private BlockStatus submit(Controller to, BlockOp op, long block, int blocks, byte[] data) {
    List<BlockStatus> outcomes = new ArrayList<>();
    BlockDevice device = to.device;
    reactor.run(() -> {
      BlockIo io = new BlockIo(reactor).prepare(op, block, blocks);
      boolean lent = op == BlockOp.READ && device.traits().lendsReads();
      if (!lent && data.length > 0) {
        io.data().add(MemorySegment.ofArray(data), 0, data.length);
      }
      io.onCompletion(
          over -> {
            if (lent && over.status().isSuccess()) {
              over.data().copyTo(MemorySegment.ofArray(data), 0);
            }
            over.release();
            outcomes.add(over.status());
          },
          null);
      device.submit(io);
    });
    until(op + " is over", () -> !outcomes.isEmpty());
    return outcomes.getFirst();
  }

  @Override
  public void close() {
    controllers.forEach(Controller::cut);
    reactor.advance(TimeUnit.MILLISECONDS.toNanos(1));
  }
}
