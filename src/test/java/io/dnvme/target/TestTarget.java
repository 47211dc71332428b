package io.dnvme.target;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.ManualReactor;
import io.dnvme.block.VirtualTime;
import io.dnvme.disk.MemoryDevice;
import io.dnvme.target.ana.AnaGroups;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.controller.ControllerLimits;
import io.dnvme.target.controller.EndReason;
import io.dnvme.target.controller.Target;
import io.dnvme.target.controller.TargetObserver;
import io.dnvme.target.discovery.Discovery;
import io.dnvme.target.discovery.Portal;
import io.dnvme.target.discovery.Portals;
import io.dnvme.target.queue.TransportLimits;
import io.dnvme.target.reservation.Reservations;
import io.dnvme.target.subsystem.HostAccess;
import io.dnvme.target.subsystem.Namespace;
import io.dnvme.target.subsystem.NamespaceIds;
import io.dnvme.target.subsystem.Subsystem;
import io.dnvme.target.subsystem.SubsystemIdentity;
import io.dnvme.target.subsystem.SubsystemLimits;
import io.dnvme.target.subsystem.Subsystems;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;

/** A target with one subsystem over a memory disk, under virtual time on two reactors. */
public final class TestTarget implements AutoCloseable {

  public static final String NQN = "nqn.2026-01.io.dnvme:disk1";
  public static final int BLOCK_BYTES = 4096;
  public static final long BLOCKS = 4096;
  public static final int PORT = 1;
  public static final UUID NAMESPACE_UUID = UUID.fromString("9a1f4f3c-7f5e-4a70-9d4c-0123456789ab");
  public static final NamespaceIds NAMESPACE_IDS =
      new NamespaceIds(NAMESPACE_UUID, NAMESPACE_UUID, 0);

  public final VirtualTime time = new VirtualTime();
  public final ManualReactor reactor = new ManualReactor(time, 0);
  public final ManualReactor otherReactor = new ManualReactor(time, 1);
  public final MemoryDevice memory;
  public final BlockDevice device;
  public final Subsystem subsystem;
  public final Subsystems subsystems = new Subsystems();
  public final Portals portals = new Portals();
  public final Discovery discovery;
  public final Target target;
  public final List<EndReason> ends = new ArrayList<>();
  private static final int MANY_QUEUES = 64;
  private final List<TestQueue> queues = new ArrayList<>();

  public TestTarget() {
    this(TransportLimits.DEFAULT, ControllerLimits.DEFAULT);
  }

  public TestTarget(TransportLimits transport, ControllerLimits limits) {
    this(transport, limits, new SubsystemLimits(1, 100, 8, 4), memory -> memory);
  }

  public TestTarget(
      TransportLimits transport,
      ControllerLimits limits,
      SubsystemLimits subsystemLimits,
      Function<MemoryDevice, BlockDevice> wrapper) {
    try {
      memory = new MemoryDevice(new BlockGeometry(BLOCK_BYTES, BLOCKS));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    device = wrapper.apply(memory);
    subsystem =
        new Subsystem(
            new SubsystemIdentity(NQN, "SN0001", "1.0"),
            subsystemLimits,
            new AnaGroups(reactor, 2, AnaState.OPTIMIZED),
            HostAccess.ANY);
    subsystem.addNamespace(new Namespace(1, NAMESPACE_IDS, 1, device, new Reservations(reactor)));
    subsystems.add(subsystem);
    portals.add(new Portal(PORT, InetAddress.getLoopbackAddress(), 4420, null, true, true));
    discovery = new Discovery(reactor, subsystems, portals, 128);
    target =
        new Target(
            subsystems,
            discovery,
            transport,
            limits,
            new TargetObserver() {
              @Override
              public void connected(Association association) {}

              @Override
              public void ended(Association association, EndReason reason) {
                ends.add(reason);
              }
            });
    reactor.settle();
  }

  /** A new connection that nothing was said on yet. */
  public TestQueue connection() {
    return connection(reactor);
  }

  public TestQueue connection(ManualReactor on) {
    if (queues.size() > MANY_QUEUES) {
      forgetClosed();
    }
    var queue = new TestQueue(on, target.newConnection(PORT));
    queues.add(queue);
    return queue;
  }

  /** Frees what connections that are long closed had. */
  private void forgetClosed() {
    List<TestQueue> recent = List.copyOf(queues.subList(queues.size() - 8, queues.size()));
    for (TestQueue queue : List.copyOf(queues)) {
      if (queue.isClosed() && !recent.contains(queue)) {
        queue.free();
      }
    }
    queues.removeIf(queue -> queue.isClosed() && !recent.contains(queue));
  }

  /** Hangs up whatever is still open; fails where buffers or identifiers were not given back. */
  @Override
  public void close() {
    for (TestQueue queue : queues) {
      if (!queue.isClosed()) {
        queue.reading(true);
        queue.hangUp();
      }
    }
    reactor.settle();
    if (target.controllers().count() != 0) {
      throw new AssertionError(target.controllers().count() + " controllers are left");
    }
    memory.close();
    queues.forEach(TestQueue::free);
    reactor.close();
    otherReactor.close();
  }
}
