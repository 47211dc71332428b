package io.dnvme.sim;

import io.dnvme.agent.leg.ControllerAgent;
import io.dnvme.agent.leg.LegController;
import io.dnvme.agent.leg.LegOptions;
import io.dnvme.agent.leg.LegPlan;
import io.dnvme.agent.leg.LegStatus;
import io.dnvme.agent.leg.VirtualDiskExport;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.Reactor;
import io.dnvme.initiator.HostController;
import io.dnvme.ownership.HolderStep;
import io.dnvme.ownership.LegRecord;
import io.dnvme.target.controller.ControllerLimits;
import io.dnvme.target.controller.Target;
import io.dnvme.target.controller.TargetObserver;
import io.dnvme.target.discovery.Discovery;
import io.dnvme.target.discovery.Portal;
import io.dnvme.target.discovery.Portals;
import io.dnvme.target.queue.TransportLimits;
import io.dnvme.target.subsystem.Subsystems;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.IntConsumer;

/** A process with the production controller of one virtual disk of one leg. */
final class SimController {

  static final UUID CLUSTER = UUID.fromString("5a000000-0000-4000-8000-00000000c105");

  private static final int PORT_ID = 1;

  private final SimWorld world;
  private final int number;
  private final int port;
  private final List<SimDiskNode> nodes;
  private final int holders;
  private final UUID virtualDisk;
  private final Optional<LegPlan> plan;
  private final LegOptions options;
  private final IntConsumer serves;
  private final SimProcess process;
  private ControllerAgent agent;
  private LegController leg;
  private Target target;
  private int losses;
  private long lossNanos = -1;
  private boolean closed;

  /**
   * @param number from 0
   * @param nodes the disk nodes
   * @param holders the first so many are the record's
   * @param plan what to make if there is no record
   * @param serves told the record's losses whenever it begins to serve
   */
  SimController(
      SimNetwork network,
      int number,
      int port,
      List<SimDiskNode> nodes,
      int holders,
      UUID virtualDisk,
      Optional<LegPlan> plan,
      LegOptions options,
      IntConsumer serves) {
    this.world = network.world();
    this.number = number;
    this.port = port;
    this.nodes = nodes;
    this.holders = holders;
    this.virtualDisk = virtualDisk;
    this.plan = plan;
    this.options = options;
    this.serves = serves;
    process = new SimProcess(network, "controller" + number, 1, this::main);
    network.reserve(port, process);
  }

  SimProcess process() {
    return process;
  }

  int port() {
    return port;
  }

  int number() {
    return number;
  }

  /** How far its leg is; null where it does not run. */
  LegStatus status() {
    return process.isUp() && leg != null ? leg.status() : null;
  }

  /** Whether it owns the leg, all members are in-sync and equal. */
  boolean isWhole() {
    LegStatus status = status();
    return status != null
        && leg.isWhole()
        && status.groups().stream().allMatch(group -> group.unequalRegions() == 0);
  }

  /** Whether it may answer its hosts now (LEASE). */
  boolean mayAnswer() {
    return process.isUp() && leg != null && leg.mayAnswer();
  }

  /** How far a change of the leg's holders has come here; null where there is none. */
  HolderStep holderStep() {
    return process.isUp() && leg != null ? leg.holderStep().orElse(null) : null;
  }

  /** Since when hosts must be told that something may be gone; before 0: they need not. */
  long lossNanos() {
    return lossNanos;
  }

  /** Sees what the hosts are to be told, by the record. */
  private final class Losses implements LegController.Listener {
    private final LegController.Listener export;

    Losses(LegController.Listener export) {
      this.export = export;
    }

    @Override
    public void found(LegRecord record) {
      losses = record.losses();
      export.found(record);
    }

    @Override
    public void lossPossible() {
      export.lossPossible();
    }

    @Override
    public void serving(BlockDevice device) {
      int now = leg.status().record().losses();
      if (now != losses) {
        losses = now;
        lossNanos = world.nowNanos();
      }
      serves.accept(now);
      export.serving(device);
    }

    @Override
    public void standingBy(String reason) {
      export.standingBy(reason);
    }

    @Override
    public void impossible(String why) {
      export.impossible(why);
    }

    @Override
    public void happened(String what) {
      export.happened(what);
    }
  }

  private void main(SimProcess starting) {
    Reactor home = starting.reactor(0);
    closed = false;
    lossNanos = -1;
    SplittableRandom random = world.random(starting.name() + "/" + starting.incarnation());
    var export =
        new VirtualDiskExport(
            home,
            virtualDisk,
            number,
            "1.0",
            () -> List.of(PORT_ID),
            () -> {},
            what -> world.trace(starting.name(), what));
    var setup =
        new ControllerAgent.Setup(
            CLUSTER,
            new UUID(0xc047_0000_0000_4000L | number, Long.MIN_VALUE),
            new UUID(0x14c0_0000_0000_4000L | number, Long.MIN_VALUE | starting.incarnation()),
            nodes.stream()
                .map(node ->
                    new ControllerAgent.DiskNodeAddress(node.id(), SimNetwork.address(node.port())))
                .toList(),
            options.bugs().ownership());
    agent =
        new ControllerAgent(
            home,
            setup,
            (controllerOptions, listener) -> {
              var controller =
                  new HostController(
                      controllerOptions, home, List.of(home), starting.network(), random, listener);
              home.execute(controller::start);
              return controller;
            },
            random,
            what -> world.trace(starting.name(), what));
    leg =
        agent.serve(
            new ControllerAgent.VirtualDisk(
                virtualDisk,
                nodes.stream().limit(holders).map(SimDiskNode::id).toList(),
                plan,
                options),
            new Losses(export));
    var subsystems = new Subsystems();
    subsystems.add(export.subsystem());
    var portals = new Portals();
    Target made =
        new Target(
            subsystems,
            new Discovery(home, subsystems, portals, ControllerLimits.MIN_QUEUE_ENTRIES),
            TransportLimits.DEFAULT,
            ControllerLimits.DEFAULT,
            TargetObserver.NONE);
    target = made;
    portals.add(new Portal(PORT_ID, SimNetwork.address(port).getAddress(), port, null, true, true));
    starting.network().listen(port, starting, () -> made.newConnection(PORT_ID));
  }

  boolean hasHosts() {
    return process.isUp() && target != null && target.controllers().count() > 0;
  }

  /** Somebody above tells it to leave the leg to another. */
  void giveBack() {
    if (process.isUp() && leg != null) {
      world.trace(process.name(), "is told to stand by");
      process.reactor(0).execute(() -> leg.standBy());
    }
  }

  /** Somebody above tells it which nodes are to keep the record. */
  void wantHolders(List<UUID> wanted) {
    if (process.isUp()) {
      process
          .reactor(0)
          .execute(() -> {
            world.trace(process.name(), "is told that holders are to be " + wanted);
            leg.wantHolders(wanted);
          });
    }
  }

  /** Gives the leg back and leaves the disk nodes. */
  void shutDown() {
    if (process.isUp()) {
      process.reactor(0).execute(() -> agent.close(() -> closed = true));
    } else {
      closed = true;
    }
  }

  boolean isShutDown() {
    return closed
        && process.reactors().stream().allMatch(reactor -> reactor.buffers().inUse() == 0);
  }
}
