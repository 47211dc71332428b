package io.dnvme.sim;

import io.dnvme.agent.disknode.DiskNodeAgent;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.Reactor;
import io.dnvme.disk.format.DiskFormatOptions;
import io.dnvme.disk.format.StoreOutcome;
import io.dnvme.target.controller.ControllerLimits;
import io.dnvme.target.controller.Target;
import io.dnvme.target.controller.TargetObserver;
import io.dnvme.target.discovery.Discovery;
import io.dnvme.target.discovery.Portal;
import io.dnvme.target.discovery.Portals;
import io.dnvme.target.queue.TransportLimits;
import io.dnvme.target.subsystem.Subsystems;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * A process with the production disk node on a simulated disk. When its disk or its record store
 * has failed, or does not open, somebody starts it again after a while.
 */
final class LoneDiskNode {

  static final UUID CLUSTER = new UUID(0xc000_0000_0000_4000L, Long.MIN_VALUE | 1);
  static final UUID NODE = new UUID(0xd000_0000_0000_4000L, Long.MIN_VALUE | 2);
  static final int PORT = 4420;
  static final int BLOCK_BYTES = 4096;

  static final long EXTENT_BYTES = 4L << 20;
  static final int EXTENTS = 8;

  /** Where extents begin: docs/disk-format.md. */
  private static final long FIRST_EXTENT_BYTES = 6L << 20;

  private static final int RECORD_PAGES = 40;

  private static final UUID DISK = new UUID(0xd15c_0000_0000_4000L, Long.MIN_VALUE);
  private static final long SUPERVISED_NANOS = 50 * SimWorld.MILLIS;

  private final SimWorld world;
  private final SimProcess process;
  private final SimDisk disk;
  private final NodeFacts facts;
  private final DiskNodeAgent.Bugs bugs;
  private final SplittableRandom random;
  private Target target;
  private DiskNodeAgent agent;
  private int powerIncarnation;

  LoneDiskNode(
      SimNetwork network, SimDisk disk, int reactors, NodeFacts facts, DiskNodeAgent.Bugs bugs) {
    world = network.world();
    this.disk = disk;
    this.facts = facts;
    this.bugs = bugs;
    random = world.random("disk node");
    process = new SimProcess(network, "node", reactors, this::main);
    process.owns(disk);
    network.reserve(PORT, process);
    world.after(SUPERVISED_NANOS, this::supervise);
  }

  static BlockGeometry geometry() {
    return new BlockGeometry(
        BLOCK_BYTES, (FIRST_EXTENT_BYTES + EXTENTS * EXTENT_BYTES) / BLOCK_BYTES);
  }

  static long extentBlocks() {
    return EXTENT_BYTES / BLOCK_BYTES;
  }

  /** Where what the disk says of itself ends. */
  static long firstDataBlock() {
    return FIRST_EXTENT_BYTES / BLOCK_BYTES;
  }

  SimProcess process() {
    return process;
  }

  /** Null while it is down, or its disk is being opened. */
  DiskNodeAgent agent() {
    return process.isUp() ? agent : null;
  }

  boolean isOpening() {
    return process.isUp() && agent == null;
  }

  boolean isZeroing() {
    return agent() != null && !agent.disk().isZeroed();
  }

  /** Whether an association is there of which something is still in flight. */
  boolean hasControllers() {
    return process.isUp() && target != null && target.controllers().count() > 0;
  }

  private void main(SimProcess starting) {
    agent = null;
    Reactor home = starting.reactor(0);
    var subsystems = new Subsystems();
    var portals = new Portals();
    target =
        new Target(
            subsystems,
            new Discovery(home, subsystems, portals, ControllerLimits.MIN_QUEUE_ENTRIES),
            TransportLimits.DEFAULT,
            ControllerLimits.DEFAULT,
            TargetObserver.NONE,
            Set.of());
    Target serving = target;
    DiskNodeAgent.start(
        home,
        disk.open(starting),
        new DiskNodeAgent.Setup(
            CLUSTER,
            NODE,
            new UUID(0xb007_0000_0000_4000L, Long.MIN_VALUE | powerIncarnation),
            DiskFormatOptions.defaults(CLUSTER, DISK)
                .withExtentBytes(EXTENT_BYTES)
                .withRecordPages(RECORD_PAGES),
            "1.0",
            bugs),
        subsystems,
        target,
        outcome -> {
          switch (outcome) {
            case StoreOutcome.Done<DiskNodeAgent>(DiskNodeAgent opened) -> {
              agent = opened;
              world.trace(process.name(), "serves " + opened.disk().usage());
              facts.opened(opened.disk());
              portals.add(
                  new Portal(1, SimNetwork.address(PORT).getAddress(), PORT, null, true, true));
              process.network().listen(PORT, process, () -> serving.newConnection(1));
            }
            case StoreOutcome.Refused<DiskNodeAgent>(StoreOutcome.Reason reason, String message) ->
                refused(reason, message);
          }
        });
  }

  private void refused(StoreOutcome.Reason reason, String message) {
    world.trace(process.name(), "cannot open its disk: " + reason + ", " + message);
    if (reason != StoreOutcome.Reason.FAILED) {
      if (disk.isDamaged() || disk.failedLately()) {
        // Somebody repairs it.
        disk.heal();
      } else {
        world.violated("NO-SILENT-LOSS", "a sound disk is refused: " + message);
      }
    }
    startAgainSoon();
  }

  /** Somebody looks after it. */
  private void supervise() {
    boolean failed =
        agent() != null && (agent.disk().failure().isPresent() || agent.holder().hasFailed());
    if (failed) {
      world.trace(process.name(), "has failed: " + agent.disk().failure());
      agent = null;
      startAgainSoon();
    }
    world.after(SUPERVISED_NANOS, this::supervise);
  }

  private void startAgainSoon() {
    int incarnation = process.incarnation();
    world.after(
        random.nextLong(10, 800) * SimWorld.MILLIS,
        () -> {
          if (process.isUp() && process.incarnation() == incarnation) {
            kill();
            start();
          }
        });
  }

  void start() {
    if (!process.isUp()) {
      process.start();
    }
  }

  void kill() {
    process.kill();
    agent = null;
    facts.processEnded();
  }

  void losePower() {
    powerIncarnation++;
    process.losePower();
    agent = null;
    facts.processEnded();
    facts.history().powerLost();
  }

  /** Damages one copy of something of which there are two sound ones; false where it finds none. */
  boolean damageOneCopy() {
    return new DiskCopies(world, disk, RECORD_PAGES).damageOne(random);
  }

  /** What is left behind when all claimants have left. */
  void checkLeft() {
    for (SimReactor reactor : process.reactors()) {
      if (reactor.buffers().inUse() != 0) {
        world.violated("NO-LEAK", reactor + " misses " + reactor.buffers().inUse() + " buffers");
      }
    }
  }
}
