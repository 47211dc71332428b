package io.dnvme.main.up;

import com.typesafe.config.Config;
import io.dnvme.block.BoottimeClock;
import io.dnvme.block.Reactor;
import io.dnvme.main.Closers;
import io.dnvme.main.CommandException;
import io.dnvme.main.Endpoint;
import io.dnvme.main.ExitCode;
import io.dnvme.main.Version;
import io.dnvme.main.metrics.LayerMetrics;
import io.dnvme.main.metrics.MonitoringServer;
import io.dnvme.main.metrics.ReactorMetrics;
import io.dnvme.main.metrics.TargetMetrics;
import io.dnvme.main.node.AssociationLog;
import io.dnvme.main.node.ConnectCommandLine;
import io.dnvme.target.ana.AnaGroups;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.controller.Target;
import io.dnvme.target.discovery.Discovery;
import io.dnvme.target.discovery.Portal;
import io.dnvme.target.discovery.Portals;
import io.dnvme.target.reservation.Reservations;
import io.dnvme.target.shell.TargetServer;
import io.dnvme.target.subsystem.Namespace;
import io.dnvme.target.subsystem.NamespaceIds;
import io.dnvme.target.subsystem.Subsystem;
import io.dnvme.target.subsystem.SubsystemIdentity;
import io.dnvme.target.subsystem.SubsystemLimits;
import io.dnvme.target.subsystem.Subsystems;
import io.dnvme.transport.ReactorSettings;
import io.dnvme.transport.Reactors;
import io.dnvme.transport.Transport;
import io.dnvme.transport.TransportSettings;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;

/**
 * What {@code dnvme up} runs: virtual disks, the target that serves them, and what carries it. Also
 * the way in for tests that need what has no command yet, such as a change of ANA state.
 */
public final class UpServer implements AutoCloseable {

  private static final int NAMESPACE_ID = 1;
  private static final int ANA_GROUP_ID = 1;

  /** How long commands in flight may take to finish before connections are cut. */
  private static final long DRAIN_LIMIT_SECONDS = 30;

  private final UpSettings settings;
  private final UpLimits limits;
  private final Closers closers = new Closers();
  private final Subsystems subsystems = new Subsystems();
  private final Portals portals = new Portals();
  private final List<Portal> ioPortals = new ArrayList<>();
  private Optional<Portal> discoveryPortal = Optional.empty();
  private VirtualDisks disks;
  private Reactors reactors;
  private Transport transport;
  private final TargetMetrics associations = new TargetMetrics(new AssociationLog());
  private Target target;
  private TargetServer server;
  private Optional<InetSocketAddress> monitoring = Optional.empty();

  private UpServer(UpSettings settings, UpLimits limits) {
    this.settings = settings;
    this.limits = limits;
  }

  /**
   * Serves what {@code settings} say; ready when this returns.
   *
   * @throws CommandException where something cannot be had: a disk, a port; nothing is left behind
   */
  public static UpServer start(UpSettings settings, Config config) {
    return start(settings, config, UpLimits.DEFAULT);
  }

  /** The same with limits of one's own: for tests that fill them. */
  static UpServer start(UpSettings settings, Config config, UpLimits limits) {
    var server = new UpServer(settings, limits);
    try {
      server.startAll(config);
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
    return server;
  }

  /** A command for a Linux host for each path to each disk. */
  public List<String> connectCommands() {
    var commands = new ArrayList<String>();
    for (VirtualDisk disk : disks.all()) {
      for (Portal portal : ioPortals) {
        commands.add(ConnectCommandLine.of(disk.nqn(), portal, ioPortals.size() > 1));
      }
    }
    return commands;
  }

  /**
   * The command that lists these disks on a Linux host, where discovery has a portal of its own.
   */
  public Optional<String> discoverCommand() {
    return discoveryPortal.map(ConnectCommandLine::discover);
  }

  /** The portals that serve I/O, in the order of the settings. */
  public List<Portal> portals() {
    return List.copyOf(ioPortals);
  }

  /** The subsystem NQN of the disk of that name. */
  public String nqn(String disk) {
    return disks.all().stream()
        .filter(candidate -> candidate.name().equals(disk))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("there is no disk " + disk))
        .nqn();
  }

  /** Where health and metrics are served, if they are. */
  public Optional<InetSocketAddress> monitoringAddress() {
    return monitoring;
  }

  /** Changes the state in which hosts reach a disk through a portal. */
  public void changeAnaState(String disk, Portal portal, AnaState state) {
    subsystems.find(nqn(disk)).ana().port(portal.portId()).change(ANA_GROUP_ID, state);
  }

  Target target() {
    return target;
  }

  Reactors reactors() {
    return reactors;
  }

  /**
   * Stops: commands in flight finish, associations end, disks are flushed and closed. Harmless when
   * repeated.
   */
  @Override
  public void close() {
    closers.close();
  }

  private void startAll(Config config) {
    ReactorSettings reactorSettings;
    TransportSettings transportSettings;
    try {
      reactorSettings = ReactorSettings.from(config);
      transportSettings = TransportSettings.from(config);
    } catch (RuntimeException e) {
      throw new CommandException(ExitCode.USAGE, e.getMessage(), e);
    }
    // They outlive the disks, which may have commands under way when draining takes too long.
    reactors = closers.add(Reactors.start(reactorSettings, BoottimeClock.INSTANCE));
    disks = closers.add(VirtualDisks.open(settings));
    ActorSystem system = ActorSystem.create("dnvme", reactors.setUp(config));
    closers.addStep(() -> endOf(system));
    Materializer materializer = SystemMaterializer.get(system).materializer();
    transport = new Transport(reactors, materializer, transportSettings);
    closers.addStep(() -> await(transport.close().toCompletableFuture()));
    Reactor home = reactors.get(0);
    target =
        new Target(
            subsystems,
            new Discovery(home, subsystems, portals, limits.controller().queueEntries()),
            limits.transport(),
            limits.controller(),
            associations);
    server = new TargetServer(transport, target, portals);
    closers.addStep(this::drain);
    disks.all().forEach(disk -> subsystems.add(subsystem(disk, home)));
    listen();
    startMonitoring();
  }

  private Subsystem subsystem(VirtualDisk disk, Reactor home) {
    var subsystem =
        new Subsystem(
            new SubsystemIdentity(
                disk.nqn(),
                disk.serialNumber(),
                SubsystemIdentity.firmwareRevision(Version.current())),
            new SubsystemLimits(
                SubsystemLimits.MIN_CNTLID,
                SubsystemLimits.MAX_CNTLID,
                limits.maxControllersPerDisk(),
                limits.maxIoQueues()),
            new AnaGroups(home, ANA_GROUP_ID, AnaState.OPTIMIZED),
            settings.hosts());
    var reservations =
        disk.reservationStore()
            .map(store -> new Reservations(home, store, disk.reservations()))
            .orElseGet(() -> new Reservations(home));
    subsystem.addNamespace(
        new Namespace(
            NAMESPACE_ID,
            new NamespaceIds(disk.uuid(), disk.uuid(), NamespaceIds.NO_EUI64),
            ANA_GROUP_ID,
            disk.device(),
            reservations));
    return subsystem;
  }

  private void listen() {
    int portId = 1;
    for (Endpoint endpoint : settings.listen()) {
      ioPortals.add(open(portId++, endpoint, true));
    }
    if (settings.discovery().isPresent()) {
      discoveryPortal = Optional.of(open(portId, settings.discovery().get(), false));
    }
  }

  private Portal open(int portId, Endpoint endpoint, boolean servesIo) {
    try {
      return server.listen(portId, endpoint.resolve(), advertised(), servesIo, !servesIo);
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.USAGE, e.getMessage(), e);
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.USAGE,
          "cannot listen on " + endpoint + ": " + e.getMessage() + "; name another address",
          e);
    }
  }

  private InetAddress advertised() {
    return settings
        .advertise()
        .map(address -> new Endpoint(address, 0).resolve().getAddress())
        .orElse(null);
  }

  private void startMonitoring() {
    if (settings.monitoring().isEmpty()) {
      return;
    }
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    ReactorMetrics.register(registry, reactors);
    associations.register(registry, target);
    for (VirtualDisk disk : disks.all()) {
      disk.layers()
          .forEach(
              (layer, counters) -> LayerMetrics.register(registry, layer, disk.name(), counters));
    }
    Endpoint endpoint = settings.monitoring().get();
    try {
      var server = closers.add(new MonitoringServer(endpoint.resolve(), registry, () -> true));
      monitoring = Optional.of(server.address());
    } catch (IllegalArgumentException | IOException e) {
      throw new CommandException(
          ExitCode.USAGE,
          "cannot serve monitoring on "
              + endpoint
              + ": "
              + e.getMessage()
              + "; name another address, or --monitoring off",
          e);
    }
  }

  /** No new associations; those that are there finish what is in flight and end. */
  private void drain() {
    long limitNanos = TimeUnit.SECONDS.toNanos(DRAIN_LIMIT_SECONDS);
    await(
        server
            .stop(limitNanos)
            .toCompletableFuture()
            .completeOnTimeout(null, 2 * DRAIN_LIMIT_SECONDS, TimeUnit.SECONDS));
  }

  private static void endOf(ActorSystem system) {
    system.terminate();
    await(system.getWhenTerminated().toCompletableFuture());
  }

  private static void await(CompletableFuture<?> end) {
    end.join();
  }
}
