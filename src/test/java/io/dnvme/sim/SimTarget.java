package io.dnvme.sim;

import io.dnvme.block.BlockIo;
import io.dnvme.block.Reactor;
import io.dnvme.target.ana.AnaGroups;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.controller.AssociationFence;
import io.dnvme.target.controller.ControllerLimits;
import io.dnvme.target.controller.EndReason;
import io.dnvme.target.controller.Target;
import io.dnvme.target.controller.TargetObserver;
import io.dnvme.target.discovery.Discovery;
import io.dnvme.target.discovery.Portal;
import io.dnvme.target.discovery.Portals;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.queue.PlantedTargetBug;
import io.dnvme.target.queue.TransportLimits;
import io.dnvme.target.reservation.Reservations;
import io.dnvme.target.subsystem.ConnectGate;
import io.dnvme.target.subsystem.HostAccess;
import io.dnvme.target.subsystem.Namespace;
import io.dnvme.target.subsystem.NamespaceIds;
import io.dnvme.target.subsystem.Subsystem;
import io.dnvme.target.subsystem.SubsystemIdentity;
import io.dnvme.target.subsystem.SubsystemLimits;
import io.dnvme.target.subsystem.Subsystems;
import io.dnvme.target.subsystem.VendorCommands;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** A process with the production target, which serves one disk through one or more portals. */
final class SimTarget {

  static final String NQN = "nqn.2026-01.io.dnvme:vdisk:5a000000-0000-4000-8000-000000000001";

  private static final UUID NAMESPACE_UUID =
      UUID.fromString("5a000000-0000-4000-8000-000000000002");
  private static final int CNTLIDS = 1000;

  private static final double CLOCK_TOLERANCE = 1.1;

  /** What the target adds to KATO, a stop that is no gap, and rounding. */
  private static final long SILENCE_SLACK_NANOS = 2 * SimWorld.SECONDS;

  private final SimWorld world;
  private final SimProcess process;
  private final SimDisk disk;
  private final List<Integer> ports;
  private final int firstCntlid;
  private final TransportLimits transportLimits;
  private final Set<PlantedTargetBug> bugs;
  private final Runnable admitted;
  private Target target;
  private Subsystem subsystem;
  private AssociationFence fence;

  /**
   * @param number from 0; the nodes that serve one disk have different ones
   * @param ports one portal each
   * @param admitted where the disk is fenced, as a logical disk is: run whenever an association is
   *     let in; else null
   */
  SimTarget(
      SimNetwork network,
      int number,
      int reactors,
      SimDisk disk,
      List<Integer> ports,
      TransportLimits transportLimits,
      Set<PlantedTargetBug> bugs,
      Runnable admitted) {
    this.admitted = admitted;
    this.world = network.world();
    this.disk = disk;
    this.ports = ports;
    this.transportLimits = transportLimits;
    this.bugs = bugs;
    firstCntlid = 1 + number * CNTLIDS;
    process = new SimProcess(network, "target" + number, reactors, this::main);
    ports.forEach(port -> network.reserve(port, process));
  }

  SimProcess process() {
    return process;
  }

  List<Integer> ports() {
    return ports;
  }

  private void main(SimProcess starting) {
    Reactor home = starting.reactor(0);
    subsystem =
        new Subsystem(
            new SubsystemIdentity(NQN, "SIM0001", "1.0"),
            new SubsystemLimits(firstCntlid, firstCntlid + CNTLIDS - 1, 32, 4),
            new AnaGroups(home, 1, AnaState.OPTIMIZED),
            HostAccess.ANY,
            VendorCommands.NONE,
            admitted == null ? ConnectGate.OPEN : this::decide);
    subsystem.addNamespace(
        new Namespace(
            1,
            new NamespaceIds(NAMESPACE_UUID, NAMESPACE_UUID, NamespaceIds.NO_EUI64),
            1,
            disk.open(starting),
            new Reservations(home)));
    var subsystems = new Subsystems();
    subsystems.add(subsystem);
    var portals = new Portals();
    target =
        new Target(
            subsystems,
            new Discovery(home, subsystems, portals, ControllerLimits.MIN_QUEUE_ENTRIES),
            transportLimits,
            ControllerLimits.DEFAULT,
            new TargetObserver() {
              @Override
              public void connected(Association association) {
                world.trace(process.name(), "controller " + association.cntlid() + " connected");
              }

              @Override
              public void ended(Association association, EndReason reason) {
                world.trace(
                    process.name(), "controller " + association.cntlid() + " ended: " + reason);
              }
            },
            bugs);
    fence = new AssociationFence(home, target, controller -> true);
    for (int port : ports) {
      int portId = ports.indexOf(port) + 1;
      portals.add(
          new Portal(portId, SimNetwork.address(port).getAddress(), port, null, true, true));
      process.network().listen(port, process, () -> target.newConnection(portId));
    }
  }

  /** The fence decides; what it lets in is told. */
  private void decide(ConnectGate.Attempt attempt) {
    fence.decide(
        new ConnectGate.Attempt() {
          @Override
          public Reactor reactor() {
            return attempt.reactor();
          }

          @Override
          public String subsystemNqn() {
            return attempt.subsystemNqn();
          }

          @Override
          public String hostNqn() {
            return attempt.hostNqn();
          }

          @Override
          public UUID hostId() {
            return attempt.hostId();
          }

          @Override
          public void admit(Runnable settled) {
            world.trace(process.name(), "lets " + attempt.hostNqn() + " in");
            checkNothingInFlight();
            admitted.run();
            attempt.admit(settled);
          }

          @Override
          public void refuse(int status) {
            attempt.refuse(status);
          }
        });
  }

  /** OWNER: whoever is let in finds nothing of the associations before. */
  private void checkNothingInFlight() {
    for (SimDisk.Command command : disk.commands()) {
      if (portOf(command.io()) != null) {
        world.violated(
            "OWNER",
            process + " lets a host in while its disk has " + command.io() + " of another");
      }
    }
  }

  /** Whether an association is there of which something is still in flight. */
  boolean hasControllers() {
    return process.isUp() && target != null && target.controllers().count() > 0;
  }

  /**
   * Cuts the host's associations off, and checks DRAIN: when the end is told, nothing of them is in
   * flight any more.
   */
  void fence(SimHost host) {
    if (!process.isUp() || target == null) {
      return;
    }
    long cutNanos = world.nowNanos();
    int incarnation = process.incarnation();
    String nqn = host.nqn();
    world.trace(process.name(), "cuts " + host.process() + " off");
    target.cut(
        controller -> controller.hostNqn().equals(nqn),
        () -> {
          if (process.isUp() && process.incarnation() == incarnation) {
            world.trace(process.name(), "has cut " + host.process() + " off");
            checkDrained(host, cutNanos);
            host.fenced(Set.copyOf(ports), cutNanos);
          }
        });
  }

  private void checkDrained(SimHost host, long cutNanos) {
    for (SimDisk.Command command : disk.commands()) {
      SimPort port = portOf(command.io());
      if (port != null
          && port.process() == process
          && port.peer().process() == host.process()
          && port.openedNanos() < cutNanos) {
        world.violated(
            "DRAIN",
            process
                + " says that "
                + host.process()
                + " is cut off, but its disk has "
                + command.io());
      }
    }
  }

  /** STALE-PATH: what came before a stop longer than the gap limit is not executed after it. */
  static void checkGap(SimWorld world, SimPort port, SimDisk.Command command) {
    var reactor = (SimReactor) port.reactor();
    long gapEnd = reactor.gapEndNanos(ControllerLimits.DEFAULT.gapLimitNanos());
    if (port.openedNanos() < gapEnd && world.nowNanos() >= gapEnd) {
      world.violated(
          "STALE-PATH", reactor + " stood still for too long and then executes " + command.io());
    }
  }

  /**
   * STALE-PATH: nothing is executed for a host that was silent beyond KATO, whatever comes then.
   */
  static void checkSilence(SimWorld world, SimPort port, SimDisk.Command command, int keepAliveMs) {
    long limit = (long) (keepAliveMs * SimWorld.MILLIS * CLOCK_TOLERANCE) + SILENCE_SLACK_NANOS;
    if (port.longestSilenceNanos() > limit) {
      world.violated(
          "STALE-PATH",
          port.process()
              + " heard nothing of a host beyond KATO and then executes "
              + command.io());
    }
  }

  /** The connection that a block command came over; null where it came over none. */
  static SimPort portOf(BlockIo io) {
    return io.context() instanceof CommandSlot slot
            && slot.connection().port() instanceof SimPort port
        ? port
        : null;
  }

  /** One portal's ANA state. */
  void ana(int port, AnaState state) {
    if (process.isUp() && subsystem != null) {
      world.trace(process.name(), "port " + port + " goes " + state);
      subsystem.ana().port(ports.indexOf(port) + 1).change(1, state);
    }
  }

  /** What is left behind when all hosts have left. */
  void check() {
    for (SimReactor reactor : process.reactors()) {
      if (reactor.buffers().inUse() != 0) {
        world.violated("NO-LEAK", reactor + " misses " + reactor.buffers().inUse() + " buffers");
      }
    }
  }
}
