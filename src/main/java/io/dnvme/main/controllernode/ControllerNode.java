package io.dnvme.main.controllernode;

import com.typesafe.config.Config;
import io.dnvme.agent.leg.Connector;
import io.dnvme.agent.leg.ControllerAgent;
import io.dnvme.agent.leg.VirtualDiskExport;
import io.dnvme.block.Reactor;
import io.dnvme.main.CommandException;
import io.dnvme.main.ExitCode;
import io.dnvme.main.controllernode.ControllerNodeSettings.DiskNodeAddress;
import io.dnvme.main.node.NodeProcess;
import io.dnvme.target.discovery.Portal;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A controller node with virtual disks of one leg each: of each it is a standby until it owns the
 * leg, then the one path on which hosts find it optimized. All of them share the portals, and one
 * association with each disk node. From any thread that is no reactor.
 */
public final class ControllerNode implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger("io.dnvme.controller");

  private static final long STOP_LIMIT_SECONDS = 10;

  private final ControllerNodeSettings settings;
  private final NodeProcess process;
  private final List<ServedDisk> disks;
  private final CompletableFuture<Void> found = new CompletableFuture<>();
  private ControllerAgent agent;
  private Optional<InetSocketAddress> monitoring = Optional.empty();

  private ControllerNode(ControllerNodeSettings settings, NodeProcess process) {
    this.settings = settings;
    this.process = process;
    disks = settings.disks().stream().map(disk -> new ServedDisk(settings, disk, process)).toList();
    watchFound();
  }

  /**
   * Begins to look for the virtual disks' legs and listens; hosts see a disk's namespace once its
   * record is found.
   *
   * @throws CommandException where something cannot be had; nothing is left behind
   */
  public static ControllerNode start(ControllerNodeSettings settings, Config config) {
    NodeProcess process = NodeProcess.start(config, VirtualDiskExport.LIMITS);
    var node = new ControllerNode(settings, process);
    try {
      // First: where the disks are served is known before they are, and what cannot be had changes
      // nothing.
      process.listen(settings.listen());
      node.monitor();
      node.begin();
    } catch (RuntimeException e) {
      process.close();
      throw e;
    }
    return node;
  }

  /** The virtual disks' subsystems, in the order of the settings. */
  public List<String> nqns() {
    return disks.stream().map(ServedDisk::nqn).toList();
  }

  /** Where it serves, in the order of the settings. */
  public List<Portal> portals() {
    return process.portals();
  }

  /** Where metrics are served, if they are. */
  public Optional<InetSocketAddress> monitoring() {
    return monitoring;
  }

  /**
   * Done when all virtual disks' records were found or made, save those that cannot be made as they
   * are wanted, which the log tells; fails with a {@link CommandException} where none can be.
   */
  public CompletableFuture<Void> found() {
    return found;
  }

  /** Whether this controller owns all of its virtual disks and serves them. */
  public boolean isServing() {
    return countOf(ServedDisk::isServing) == disks.size();
  }

  /** How many of them it serves. */
  public int serving() {
    return countOf(ServedDisk::isServing);
  }

  /** Whether it serves all of them, with all members in-sync. */
  public boolean isWhole() {
    return countOf(ServedDisk::isWhole) == disks.size();
  }

  private int countOf(Predicate<ServedDisk> question) {
    var answer = new CompletableFuture<Integer>();
    process.home().execute(() -> answer.complete((int) disks.stream().filter(question).count()));
    return answer.join();
  }

  /** Commands in flight finish; then the legs are given back, and other controllers claim them. */
  @Override
  public void close() {
    process.close();
  }

  /** A disk that cannot be made is no reason to end the others: only if there are none. */
  private void watchFound() {
    var left = new AtomicInteger(disks.size());
    var impossible = new AtomicInteger();
    for (ServedDisk disk : disks) {
      disk.found()
          .whenComplete((any, why) -> {
            if (why != null) {
              impossible.incrementAndGet();
              if (disks.size() > 1) {
                LOG.error(why.getMessage());
              }
            }
            if (left.decrementAndGet() > 0) {
              return;
            }
            if (impossible.get() < disks.size()) {
              found.complete(null);
            } else if (disks.size() == 1) {
              found.completeExceptionally(why);
            } else {
              found.completeExceptionally(
                  new CommandException(
                      ExitCode.USAGE, "none of the virtual disks can be made: see the log"));
            }
          });
    }
  }

  private void monitor() {
    monitoring =
        settings
            .monitoring()
            .map(endpoint ->
                process.monitor(
                    endpoint,
                    () -> agent == null ? List.of() : ControllerFigures.of(agent, disks),
                    () -> found.isDone() && !found.isCompletedExceptionally()));
  }

  private void begin() {
    Reactor home = process.home();
    Connector connector =
        (options, listener) -> process.initiator().open(options, List.of(home), listener);
    var started = new CompletableFuture<Void>();
    home.execute(() -> {
      try {
        connect(connector);
        started.complete(null);
      } catch (RuntimeException e) {
        started.completeExceptionally(e);
      }
    });
    process.onTransport().addStep(this::stop);
    try {
      started.join();
    } catch (java.util.concurrent.CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
    disks.forEach(disk -> process.subsystems().add(disk.subsystem()));
  }

  private void connect(Connector connector) {
    var setup =
        new ControllerAgent.Setup(
            settings.cluster(),
            settings.id(),
            UUID.randomUUID(),
            settings.nodes().entrySet().stream()
                .map(node ->
                    new ControllerAgent.DiskNodeAddress(
                        node.getValue().id(),
                        node.getKey(),
                        resolved(node.getValue()),
                        node.getValue().distance()))
                .toList(),
            Set.of());
    agent = new ControllerAgent(process.home(), setup, connector, process.random(), LOG::warn);
    disks.forEach(disk -> disk.start(agent));
  }

  private static InetSocketAddress resolved(DiskNodeAddress node) {
    try {
      return node.endpoint().resolve();
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.USAGE, e.getMessage(), e);
    }
  }

  /** No host is left: gives the legs back and leaves the disk nodes. */
  private void stop() {
    var closed = new CompletableFuture<Void>();
    process
        .home()
        .execute(() -> {
          if (agent == null) {
            closed.complete(null);
          } else {
            agent.close(() -> closed.complete(null));
          }
        });
    closed.completeOnTimeout(null, STOP_LIMIT_SECONDS, TimeUnit.SECONDS).join();
  }
}
