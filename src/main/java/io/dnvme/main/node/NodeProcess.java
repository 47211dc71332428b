package io.dnvme.main.node;

import com.typesafe.config.Config;
import io.dnvme.block.BoottimeClock;
import io.dnvme.block.Reactor;
import io.dnvme.initiator.shell.Initiator;
import io.dnvme.main.Closers;
import io.dnvme.main.CommandException;
import io.dnvme.main.Endpoint;
import io.dnvme.main.ExitCode;
import io.dnvme.main.metrics.HomeFigures;
import io.dnvme.main.metrics.MonitoringServer;
import io.dnvme.main.metrics.ReactorMetrics;
import io.dnvme.main.metrics.TargetMetrics;
import io.dnvme.target.controller.ControllerLimits;
import io.dnvme.target.controller.Target;
import io.dnvme.target.discovery.Discovery;
import io.dnvme.target.discovery.Portal;
import io.dnvme.target.discovery.Portals;
import io.dnvme.target.queue.TransportLimits;
import io.dnvme.target.shell.TargetServer;
import io.dnvme.target.subsystem.Subsystems;
import io.dnvme.transport.ReactorSettings;
import io.dnvme.transport.Reactors;
import io.dnvme.transport.Transport;
import io.dnvme.transport.TransportSettings;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.SystemMaterializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reactors, a transport, and on it a target and an initiator: what a process of a cluster stands
 * on. From any thread that is no reactor.
 *
 * <pre>
 *   close:  hosts are drained ─► what was added {@link #onTransport} ─► connections, actor system
 *           ─► what was added {@link #onReactors} ─► reactors
 * </pre>
 */
public final class NodeProcess implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger("io.dnvme.process");

  /** How long commands in flight may take to finish before connections are cut. */
  private static final long DRAIN_LIMIT_SECONDS = 30;

  private final Closers whole = new Closers();
  private final Closers onTransport = new Closers();
  private final Closers onReactors = new Closers();
  private final Subsystems subsystems = new Subsystems();

  /** Added to by who starts it; read by reactors, too. */
  private final List<Portal> portals = new CopyOnWriteArrayList<>();

  private final RandomGenerator random = new SecureRandom();
  private final TargetMetrics associations = new TargetMetrics(new AssociationLog());
  private final Reactors reactors;
  private final Target target;
  private final TargetServer server;
  private final Initiator initiator;

  private NodeProcess(
      Config config,
      ReactorSettings reactorSettings,
      TransportSettings settings,
      ControllerLimits limits) {
    reactors = whole.add(Reactors.start(reactorSettings, BoottimeClock.INSTANCE));
    whole.add(onReactors);
    ActorSystem system = ActorSystem.create("dnvme", reactors.setUp(config));
    whole.addStep(() -> {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().join();
    });
    var transport =
        new Transport(reactors, SystemMaterializer.get(system).materializer(), settings);
    whole.addStep(() -> transport.close().toCompletableFuture().join());
    whole.add(onTransport);
    var announced = new Portals();
    target =
        new Target(
            subsystems,
            new Discovery(home(), subsystems, announced, limits.queueEntries()),
            TransportLimits.DEFAULT,
            limits,
            associations);
    server = new TargetServer(transport, target, announced);
    initiator = new Initiator(transport, random);
    whole.addStep(this::drain);
  }

  /**
   * Starts everything; nothing is listened on yet.
   *
   * @throws CommandException where {@code config} is wrong
   */
  public static NodeProcess start(Config config) {
    return start(config, ControllerLimits.DEFAULT);
  }

  /**
   * Likewise, with a target of other limits.
   *
   * @throws CommandException where {@code config} is wrong
   */
  public static NodeProcess start(Config config, ControllerLimits limits) {
    try {
      return new NodeProcess(
          config, ReactorSettings.from(config), TransportSettings.from(config), limits);
    } catch (IllegalArgumentException | com.typesafe.config.ConfigException e) {
      throw new CommandException(ExitCode.USAGE, e.getMessage(), e);
    }
  }

  /**
   * Looks whether {@link #listen} can have {@code endpoints}, before anything is made that a wrong
   * one would leave behind.
   *
   * @throws CommandException where one cannot be had
   */
  public static void requireFree(List<Endpoint> endpoints) {
    for (Endpoint endpoint : endpoints) {
      try (var socket = new ServerSocket()) {
        socket.setReuseAddress(true);
        socket.bind(endpoint.resolve());
      } catch (IllegalArgumentException e) {
        throw new CommandException(ExitCode.USAGE, e.getMessage(), e);
      } catch (IOException e) {
        throw cannotListen(endpoint, e);
      }
    }
  }

  private static CommandException cannotListen(Endpoint endpoint, IOException e) {
    // The kernel's words stand last.
    String message = String.valueOf(e.getMessage());
    String why = message.substring(message.lastIndexOf(": ") + 1).strip();
    return new CommandException(
        ExitCode.USAGE, "cannot listen on " + endpoint + ": " + why + "; name another address", e);
  }

  /**
   * Listens on {@code endpoints}.
   *
   * @throws CommandException where one cannot be had
   */
  public void listen(List<Endpoint> endpoints) {
    for (Endpoint endpoint : endpoints) {
      try {
        portals.add(server.listen(portals.size() + 1, endpoint.resolve(), null, true, false));
      } catch (IllegalArgumentException e) {
        throw new CommandException(ExitCode.USAGE, e.getMessage(), e);
      } catch (IOException e) {
        throw cannotListen(endpoint, e);
      }
    }
  }

  /**
   * Serves health and metrics over HTTP: what the reactors and the target do, and {@code figures}.
   *
   * @param figures asked on the home reactor
   * @param ready whether the process does what it is there for; asked on a thread of its own
   * @return where
   * @throws CommandException where the address cannot be had
   */
  public InetSocketAddress monitor(
      Endpoint endpoint, Supplier<List<HomeFigures.Figure>> figures, BooleanSupplier ready) {
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    ReactorMetrics.register(registry, reactors);
    associations.register(registry, target);
    var home = new HomeFigures(registry, home(), figures);
    try {
      var monitoring =
          whole.add(
              new MonitoringServer(
                  endpoint.resolve(),
                  () -> {
                    home.refresh();
                    return registry.scrape();
                  },
                  ready));
      LOG.info("metrics on http://{}/metrics", Endpoint.of(monitoring.address()));
      return monitoring.address();
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.USAGE, e.getMessage(), e);
    } catch (IOException e) {
      throw cannotListen(endpoint, e);
    }
  }

  /** Where hosts are served, in the order of {@link #listen}. */
  public List<Portal> portals() {
    return List.copyOf(portals);
  }

  /** The reactor on which all that decides lives. */
  public Reactor home() {
    return reactors.get(0);
  }

  public Reactors reactors() {
    return reactors;
  }

  public Subsystems subsystems() {
    return subsystems;
  }

  public Target target() {
    return target;
  }

  public Initiator initiator() {
    return initiator;
  }

  public RandomGenerator random() {
    return random;
  }

  /** To be closed when no host is left and the transport still carries connections of our own. */
  public Closers onTransport() {
    return onTransport;
  }

  /** To be closed when there is no connection any more; may have commands under way until then. */
  public Closers onReactors() {
    return onReactors;
  }

  @Override
  public void close() {
    whole.close();
  }

  /** No new associations; those that are there finish what is in flight and end. */
  private void drain() {
    CompletableFuture<Void> stopped =
        server.stop(TimeUnit.SECONDS.toNanos(DRAIN_LIMIT_SECONDS)).toCompletableFuture();
    stopped.completeOnTimeout(null, 2 * DRAIN_LIMIT_SECONDS, TimeUnit.SECONDS).join();
  }
}
