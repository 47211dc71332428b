package io.dnvme.main.controllernode;

import com.typesafe.config.Config;
import io.dnvme.agent.NodeNames;
import io.dnvme.agent.leg.Connector;
import io.dnvme.agent.leg.ControllerAgent;
import io.dnvme.agent.leg.LegController;
import io.dnvme.agent.leg.LegOptions;
import io.dnvme.agent.leg.LegPlan;
import io.dnvme.agent.leg.VirtualDiskExport;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.Reactor;
import io.dnvme.main.CommandException;
import io.dnvme.main.ExitCode;
import io.dnvme.main.Version;
import io.dnvme.main.controllernode.ControllerNodeSettings.DiskNodeAddress;
import io.dnvme.main.node.NodeProcess;
import io.dnvme.ownership.LegRecord;
import io.dnvme.target.discovery.Portal;
import io.dnvme.target.subsystem.SubsystemIdentity;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A controller node with one virtual disk of one leg: a standby until it owns the leg, then the one
 * path on which hosts find it optimized. From any thread that is no reactor.
 */
public final class ControllerNode implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger("io.dnvme.controller");

  private static final long STOP_LIMIT_SECONDS = 10;
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final long LOOK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final ControllerNodeSettings settings;
  private final NodeProcess process;
  private final CompletableFuture<Void> found = new CompletableFuture<>();
  private final VirtualDiskExport export;
  private ControllerAgent agent;

  private ControllerNode(ControllerNodeSettings settings, NodeProcess process) {
    this.settings = settings;
    this.process = process;
    export =
        new VirtualDiskExport(
            process.home(),
            settings.disk().id(),
            settings.number(),
            SubsystemIdentity.firmwareRevision(Version.current()),
            () -> process.portals().stream().map(Portal::portId).toList(),
            () -> found.complete(null),
            LOG::info);
  }

  /**
   * Begins to look for the virtual disk's leg and listens; hosts see the disk's namespace once its
   * record is found.
   *
   * @throws CommandException where something cannot be had; nothing is left behind
   */
  public static ControllerNode start(ControllerNodeSettings settings, Config config) {
    NodeProcess process = NodeProcess.start(config, VirtualDiskExport.LIMITS);
    var node = new ControllerNode(settings, process);
    try {
      // First: where the disk is served is known before it is, and what cannot be had changes
      // nothing.
      process.listen(settings.listen());
      node.begin();
    } catch (RuntimeException e) {
      process.close();
      throw e;
    }
    return node;
  }

  /** The virtual disk's subsystem. */
  public String nqn() {
    return NodeNames.virtualDisk(settings.disk().id());
  }

  /** Where it serves, in the order of the settings. */
  public List<Portal> portals() {
    return process.portals();
  }

  /**
   * Done when the virtual disk's record was found or made; fails with a {@link CommandException}
   * where it cannot be made as it is wanted.
   */
  public CompletableFuture<Void> found() {
    return found;
  }

  /** Whether this controller owns the leg and serves it. */
  public boolean isServing() {
    return ask(LegController::isServing);
  }

  /** Whether it does, with all members in-sync. */
  public boolean isWhole() {
    return ask(LegController::isWhole);
  }

  private boolean ask(Predicate<LegController> question) {
    var answer = new CompletableFuture<Boolean>();
    process.home().execute(() -> answer.complete(question.test(agent.leg())));
    return answer.join();
  }

  /** Commands in flight finish; then the leg is given back, and another controller claims it. */
  @Override
  public void close() {
    process.close();
  }

  private void begin() {
    Reactor home = process.home();
    UUID incarnation = UUID.randomUUID();
    Connector connector =
        (options, listener) -> process.initiator().open(options, List.of(home), listener);
    var started = new CompletableFuture<Void>();
    home.execute(() -> {
      try {
        connect(connector, incarnation);
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
    process.subsystems().add(export.subsystem());
  }

  private void connect(Connector connector, UUID incarnation) {
    Map<String, DiskNodeAddress> nodes = settings.nodes();
    ControllerNodeSettings.Served disk = settings.disk();
    var setup =
        new ControllerAgent.Setup(
            settings.cluster(),
            settings.id(),
            incarnation,
            nodes.entrySet().stream()
                .map(node ->
                    new ControllerAgent.DiskNodeAddress(
                        node.getValue().id(),
                        node.getKey(),
                        resolved(node.getValue()),
                        node.getValue().distance()))
                .toList(),
            disk.id(),
            disk.holders().stream().map(name -> nodes.get(name).id()).toList(),
            disk.create().map(create -> plan(disk, create)),
            LegOptions.DEFAULT
                .withReplacements(disk.replacements())
                .withRebuild(settings.rebuild())
                .withHolderPatience(disk.holderPatienceNanos())
                .withScrub(settings.scrub()));
    agent =
        new ControllerAgent(
            process.home(), setup, connector, process.random(), new Watch(), LOG::warn);
    process.home().timers().schedule(LOOK_NANOS, this::look);
  }

  /** Says what is waited for. */
  private void look() {
    if (found.isDone()) {
      return;
    }
    List<UUID> missing = agent.missing();
    Optional<String> why = agent.leg().whyNotFound();
    if (why.isPresent()) {
      LOG.warn("virtual disk {} is not found; {}", settings.disk().name(), why.get());
    } else if (!missing.isEmpty()) {
      LOG.warn("virtual disk {} is not found yet; {}", settings.disk().name(), named(missing));
    } else if (settings.disk().create().isEmpty()) {
      LOG.warn(
          "virtual disk {} is not found: none of the nodes knows it; one controller's file must"
              + " say vdisk.create",
          settings.disk().name());
    } else {
      LOG.warn("virtual disk {} is not made yet", settings.disk().name());
    }
    process.home().timers().schedule(LOOK_AGAIN_NANOS, this::look);
  }

  private String named(List<UUID> missing) {
    return new TreeMap<>(settings.nodes())
        .entrySet().stream()
            .filter(node -> missing.contains(node.getValue().id()))
            .map(node -> "node " + node.getKey() + " at " + node.getValue().endpoint())
            .collect(Collectors.joining(", ", "not connected: ", ""));
  }

  private LegPlan plan(ControllerNodeSettings.Served disk, ControllerNodeSettings.Create create) {
    return new LegPlan(
        disk.id(),
        disk.name(),
        disk.blockSizeBytes(),
        create.sizeBytes(),
        (int) TimeUnit.NANOSECONDS.toMillis(disk.leaseNanos()),
        create.groups().stream()
            .map(group -> group.stream().map(name -> settings.nodes().get(name).id()).toList())
            .toList(),
        create.checksums());
  }

  private static java.net.InetSocketAddress resolved(DiskNodeAddress node) {
    try {
      return node.endpoint().resolve();
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.USAGE, e.getMessage(), e);
    }
  }

  /** No host is left: gives the leg back and leaves the disk nodes. */
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

  /** What becomes of the leg is the export's matter, but for what nobody can mend. */
  private final class Watch implements LegController.Listener {

    @Override
    public void found(LegRecord record) {
      export.found(record);
    }

    @Override
    public void lossPossible() {
      export.lossPossible();
    }

    @Override
    public void serving(BlockDevice device) {
      export.serving(device);
    }

    @Override
    public void standingBy(String reason) {
      export.standingBy(reason);
    }

    @Override
    public void impossible(String why) {
      found.completeExceptionally(
          new CommandException(
              ExitCode.USAGE,
              "cannot make virtual disk %s, and nothing was made: %s"
                  .formatted(settings.disk().name(), why)));
    }

    @Override
    public void happened(String what) {
      export.happened(what);
    }
  }
}
