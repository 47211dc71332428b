package io.dnvme.sim;

import io.dnvme.agent.disknode.DiskNodeAgent;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.Reactor;
import io.dnvme.disk.format.DiskFormatOptions;
import io.dnvme.disk.format.StoreOutcome;
import io.dnvme.disk.format.StoreOutcome.Reason;
import io.dnvme.target.controller.ControllerLimits;
import io.dnvme.target.controller.EndReason;
import io.dnvme.target.controller.Target;
import io.dnvme.target.controller.TargetObserver;
import io.dnvme.target.discovery.Discovery;
import io.dnvme.target.discovery.Portal;
import io.dnvme.target.discovery.Portals;
import io.dnvme.target.queue.TransportLimits;
import io.dnvme.target.subsystem.Subsystems;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * A machine with one disk and the production disk node, which is started again where its disk has
 * failed.
 */
final class SimDiskNode {

  static final int BLOCK_BYTES = 4096;

  private static final long DISK_BYTES = 16L << 20;
  private static final long EXTENT_BYTES = 4L << 20;
  private static final int RECORD_PAGES = 32;
  private static final long SUPERVISED_NANOS = 500 * SimWorld.MILLIS;

  private final SimWorld world;
  private final int number;
  private final int port;
  private final SimDisk disk;
  private final SimProcess process;
  private final DiskNodeAgent.Kind kind;
  private final LegBugs planted;
  private int powerCycles;
  private DiskNodeAgent agent;
  private Target target;

  SimDiskNode(SimNetwork network, int number, int port, DiskNodeAgent.Kind kind, LegBugs planted) {
    this.world = network.world();
    this.number = number;
    this.port = port;
    this.kind = kind;
    this.planted = planted;
    disk =
        new SimDisk(
            world,
            "medium" + number,
            new BlockGeometry(BLOCK_BYTES, DISK_BYTES / BLOCK_BYTES),
            512);
    disk.sparse();
    process = new SimProcess(network, "disk" + number, 1, this::main);
    process.owns(disk);
    network.reserve(port, process);
  }

  SimProcess process() {
    return process;
  }

  SimDisk disk() {
    return disk;
  }

  int port() {
    return port;
  }

  UUID id() {
    return new UUID(0x0d15_4000_0000_4000L | number, 0x8000_0000_0000_0000L);
  }

  /** What it served last, be the process up or not; null before the first time. */
  DiskNodeAgent agent() {
    return agent;
  }

  boolean hasControllers() {
    return process.isUp() && target != null && target.controllers().count() > 0;
  }

  /** Changes with every loss of power; of memory with every process. */
  UUID powerIncarnation() {
    int lives = isMemory() ? process.incarnation() : powerCycles;
    return new UUID(0x90e4_0000_0000_4000L | number, 0x8000_0000_0000_0000L | lives);
  }

  boolean isMemory() {
    return kind == DiskNodeAgent.Kind.MEMORY;
  }

  void losePower() {
    powerCycles++;
    process.losePower();
  }

  /** One copy of what it says of itself, where the other one is sound; false: there is none. */
  boolean damageOneCopy(SplittableRandom random) {
    return new DiskCopies(world, disk, RECORD_PAGES).damageOne(random);
  }

  private void main(SimProcess starting) {
    Reactor home = starting.reactor(0);
    int incarnation = starting.incarnation();
    target = null;
    if (isMemory()) {
      disk.forget();
    }
    var subsystems = new Subsystems();
    var portals = new Portals();
    Target made =
        new Target(
            subsystems,
            new Discovery(home, subsystems, portals, ControllerLimits.MIN_QUEUE_ENTRIES),
            TransportLimits.DEFAULT,
            ControllerLimits.DEFAULT,
            planted.tellsOfClosedConnections() ? new Closed() : TargetObserver.NONE);
    var setup =
        new DiskNodeAgent.Setup(
            SimController.CLUSTER,
            id(),
            kind,
            powerIncarnation(),
            DiskFormatOptions.defaults(
                    SimController.CLUSTER,
                    new UUID(0xd15c_0000_0000_4000L | number, Long.MIN_VALUE | incarnation))
                .withExtentBytes(EXTENT_BYTES)
                .withRecordPages(RECORD_PAGES),
            "1.0",
            planted.node());
    DiskNodeAgent.start(
        home,
        disk.open(starting),
        setup,
        subsystems,
        made,
        outcome -> {
          switch (outcome) {
            case StoreOutcome.Done<DiskNodeAgent>(DiskNodeAgent opened) -> {
              agent = opened;
              target = made;
              portals.add(
                  new Portal(1, SimNetwork.address(port).getAddress(), port, null, true, true));
              starting.network().listen(port, starting, () -> made.newConnection(1));
              world.trace(starting.name(), "serves");
              supervise(incarnation);
            }
            case StoreOutcome.Refused<DiskNodeAgent> refused -> refused(refused, incarnation);
          }
        });
  }

  /** Tells the record holder of what production keeps from it. */
  private final class Closed implements TargetObserver {

    @Override
    public void connected(Association association) {}

    @Override
    public void ended(Association association, EndReason reason) {
      String nqn = association.hostNqn();
      if (agent != null) {
        agent.holder().connectionClosed(UUID.fromString(nqn.substring(nqn.length() - 36)));
      }
    }
  }

  private void refused(StoreOutcome.Refused<DiskNodeAgent> refused, int incarnation) {
    world.trace(process.name(), "cannot serve: " + refused.message());
    if (refused.reason() != Reason.FAILED && disk.isDamaged()) {
      // Somebody repairs it.
      disk.heal();
    } else if (refused.reason() != Reason.FAILED && !disk.failedLately()) {
      world.violated("NO-SILENT-LOSS", process + " cannot open its disk: " + refused.message());
    }
    restart(incarnation);
  }

  /** Somebody starts a process again whose disk cannot be trusted any more. */
  private void supervise(int incarnation) {
    world.after(
        SUPERVISED_NANOS,
        () -> {
          if (process.isUp() && process.incarnation() == incarnation) {
            if (agent.disk().failure().isPresent() || agent.holder().hasFailed()) {
              world.trace(process.name(), "has failed: " + agent.disk().failure());
              restart(incarnation);
            } else {
              supervise(incarnation);
            }
          }
        });
  }

  private void restart(int incarnation) {
    world.after(
        SUPERVISED_NANOS,
        () -> {
          if (process.isUp() && process.incarnation() == incarnation) {
            process.kill();
            process.start();
          }
        });
  }

  /** What is left behind when everybody has left. */
  void check() {
    for (SimReactor reactor : process.reactors()) {
      if (reactor.buffers().inUse() != 0) {
        world.violated("NO-LEAK", reactor + " misses " + reactor.buffers().inUse() + " buffers");
      }
    }
  }
}
