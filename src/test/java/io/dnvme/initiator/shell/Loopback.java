package io.dnvme.initiator.shell;

import com.typesafe.config.ConfigFactory;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.BoottimeClock;
import io.dnvme.block.Reactor;
import io.dnvme.initiator.ControllerListener;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.HostIdentity;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.target.ana.AnaGroups;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.controller.ControllerLimits;
import io.dnvme.target.controller.EndReason;
import io.dnvme.target.controller.Target;
import io.dnvme.target.controller.TargetObserver;
import io.dnvme.target.discovery.Discovery;
import io.dnvme.target.discovery.Portals;
import io.dnvme.target.node.NodeRules;
import io.dnvme.target.node.NodeService;
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
import io.dnvme.transport.Listener;
import io.dnvme.transport.PollMode;
import io.dnvme.transport.ReactorSettings;
import io.dnvme.transport.Reactors;
import io.dnvme.transport.Transport;
import io.dnvme.transport.TransportSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.SystemMaterializer;

/**
 * Our target and our host in one process, over real sockets on loopback. Reactors from index {@link
 * #HOST_REACTOR} on are the host's, those below are left to the test's own.
 */
final class Loopback implements AutoCloseable {

  static final int HOST_REACTOR = 2;

  private static final int REACTORS = 4;
  private static final long MEMORY_BYTES = 64L << 20;
  private static final long LIMIT_SECONDS = 60;

  private final Reactors reactors;
  private final ActorSystem system;
  private final Transport transport;
  private final Subsystems subsystems = new Subsystems();
  private final Target target;
  private final Initiator initiator;
  private Listener listener;
  private NodeService nodeService;
  private InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  Loopback() throws IOException {
    var settings =
        new ReactorSettings(
            REACTORS, PollMode.SLEEP, 100_000, MEMORY_BYTES, MEMORY_BYTES, List.of());
    reactors = Reactors.start(settings, BoottimeClock.INSTANCE);
    system = ActorSystem.create("loopback", reactors.setUp(ConfigFactory.load()));
    transport =
        new Transport(
            reactors,
            SystemMaterializer.get(system).materializer(),
            TransportSettings.from(system.settings().config()));
    target =
        new Target(
            subsystems,
            new Discovery(
                home(), subsystems, new Portals(), ControllerLimits.DEFAULT.queueEntries()),
            TransportLimits.DEFAULT,
            ControllerLimits.DEFAULT,
            new TargetObserver() {
              @Override
              public void connected(Association association) {}

              @Override
              public void ended(Association association, EndReason reason) {}
            });
    initiator = new Initiator(transport, new SplittableRandom(1));
    listen();
  }

  /** Serves {@code device} as namespace 1 of a subsystem of its own. */
  String serve(BlockDevice device) {
    UUID uuid = UUID.randomUUID();
    String nqn = "nqn.2026-01.io.dnvme:" + uuid;
    var subsystem =
        new Subsystem(
            new SubsystemIdentity(nqn, "SN1", "1"),
            new SubsystemLimits(1, 1000, 100, 128),
            new AnaGroups(home(), 1, AnaState.OPTIMIZED),
            HostAccess.ANY);
    subsystem.addNamespace(
        new Namespace(1, new NamespaceIds(uuid, uuid, 0), 1, device, new Reservations(home())));
    subsystems.add(subsystem);
    return nqn;
  }

  /** Serves {@code rules} as a node's own subsystem, without namespaces. */
  String serve(NodeRules rules) {
    String nqn = "nqn.2026-01.io.dnvme:node:" + rules.identity().node();
    nodeService = new NodeService(targetReactor(), rules);
    subsystems.add(
        new Subsystem(
            new SubsystemIdentity(nqn, "NODE", "1"),
            new SubsystemLimits(1, 1000, 100, 1),
            new AnaGroups(home(), 1, AnaState.OPTIMIZED),
            HostAccess.ANY,
            nodeService,
            ConnectGate.OPEN));
    return nqn;
  }

  /** The node's service takes no further request. */
  void stopNode() {
    nodeService.stop();
  }

  /** Where the rules of nodes live: not where connections do, most of the time. */
  Reactor targetReactor() {
    return reactors.get(1);
  }

  /** Connects as a host of that identifier, on one of the host's reactors. */
  HostController connect(String nqn, UUID hostId, QueueOptions queues, ReconnectOptions reconnect) {
    var options =
        new ControllerOptions(address, nqn, HostIdentity.of(hostId), 5_000, queues, reconnect);
    return await(
        initiator.connect(
            options, List.of(hostReactors().getFirst()), new ControllerListener() {}));
  }

  /** Connects to {@code nqn} with the queues on the host's reactors. */
  HostController connect(
      String nqn, QueueOptions queues, ReconnectOptions reconnect, ControllerListener watch) {
    var options =
        new ControllerOptions(
            address, nqn, HostIdentity.of(UUID.randomUUID()), 5_000, queues, reconnect);
    return await(initiator.connect(options, List.copyOf(hostReactors()), watch));
  }

  List<? extends Reactor> hostReactors() {
    return reactors.all().subList(HOST_REACTOR, REACTORS);
  }

  void disconnect(HostController controller) {
    await(initiator.disconnect(controller));
  }

  /** The port is closed and every connection cut, as when the target's process dies. */
  void killListener() {
    await(listener.close());
  }

  void listen() throws IOException {
    listener = transport.listen(address, (remote, local) -> target.newConnection(1));
    address = listener.address();
  }

  /** Waits until the target has forgotten every host. */
  void awaitNoControllers() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (target.controllers().count() > 0) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError(target.controllers().count() + " controllers are left");
      }
      Thread.yield();
    }
  }

  static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    await(transport.close());
    system.terminate();
    await(system.getWhenTerminated());
    reactors.close();
  }

  private Reactor home() {
    return reactors.get(0);
  }
}
