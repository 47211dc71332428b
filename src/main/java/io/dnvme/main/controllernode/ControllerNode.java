package io.dnvme.main.controllernode;

import com.typesafe.config.Config;
import io.dnvme.agent.NodeNames;
import io.dnvme.agent.leg.Connector;
import io.dnvme.agent.leg.DiskNodeLink;
import io.dnvme.agent.leg.LegController;
import io.dnvme.agent.leg.LegPlan;
import io.dnvme.agent.leg.SwitchedDevice;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BufferPool;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.Reactor;
import io.dnvme.main.CommandException;
import io.dnvme.main.ExitCode;
import io.dnvme.main.Version;
import io.dnvme.main.controllernode.ControllerNodeSettings.DiskNodeAddress;
import io.dnvme.main.node.NodeProcess;
import io.dnvme.ownership.LegRecord;
import io.dnvme.target.ana.AnaGroups;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.discovery.Portal;
import io.dnvme.target.reservation.Reservations;
import io.dnvme.target.subsystem.HostAccess;
import io.dnvme.target.subsystem.Namespace;
import io.dnvme.target.subsystem.NamespaceIds;
import io.dnvme.target.subsystem.Subsystem;
import io.dnvme.target.subsystem.SubsystemIdentity;
import io.dnvme.target.subsystem.SubsystemLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A controller node with one virtual disk of one leg: a standby until it owns the leg, then the one
 * path on which hosts find it optimized. From any thread that is no reactor.
 */
public final class ControllerNode implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger("io.dnvme.controller");

  private static final int NAMESPACE_ID = 1;
  private static final int ANA_GROUP_ID = 1;
  private static final int CNTLIDS = 4000;
  private static final int MAX_CONTROLLERS = 1024;
  private static final int MAX_IO_QUEUES = 128;
  private static final long STOP_LIMIT_SECONDS = 10;

  private final ControllerNodeSettings settings;
  private final NodeProcess process;
  private final CompletableFuture<Void> found = new CompletableFuture<>();
  private final List<DiskNodeLink> links = new ArrayList<>();
  private final Subsystem subsystem;
  private LegController leg;
  private SwitchedDevice device;

  private ControllerNode(ControllerNodeSettings settings, NodeProcess process) {
    this.settings = settings;
    this.process = process;
    subsystem =
        new Subsystem(
            new SubsystemIdentity(
                nqn(),
                NodeNames.serialNumber(settings.disk().id()),
                SubsystemIdentity.firmwareRevision(Version.current())),
            new SubsystemLimits(
                SubsystemLimits.MIN_CNTLID + settings.number() * CNTLIDS,
                SubsystemLimits.MIN_CNTLID + (settings.number() + 1) * CNTLIDS - 1,
                MAX_CONTROLLERS,
                MAX_IO_QUEUES),
            new AnaGroups(process.home(), ANA_GROUP_ID, AnaState.INACCESSIBLE),
            HostAccess.ANY);
  }

  /**
   * Begins to look for the virtual disk's leg and listens; hosts see the disk's namespace once its
   * record is found.
   *
   * @throws CommandException where something cannot be had; nothing is left behind
   */
  public static ControllerNode start(ControllerNodeSettings settings, Config config) {
    NodeProcess process = NodeProcess.start(config);
    var node = new ControllerNode(settings, process);
    try {
      node.begin();
      process.listen(settings.listen());
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

  /** Done when the virtual disk's record was found or made. */
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
    process.home().execute(() -> answer.complete(question.test(leg)));
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
    process.subsystems().add(subsystem);
  }

  private void connect(Connector connector, UUID incarnation) {
    Map<String, DiskNodeAddress> nodes = settings.nodes();
    for (DiskNodeAddress node : nodes.values()) {
      links.add(
          new DiskNodeLink(
              node.id(), resolved(node), settings.cluster(), incarnation, connector, LOG::warn));
    }
    ControllerNodeSettings.Served disk = settings.disk();
    leg =
        new LegController(
            process.home(),
            LegPlan.leg(disk.id()),
            settings.id(),
            incarnation,
            links,
            disk.holders().stream().map(name -> nodes.get(name).id()).toList(),
            disk.create().map(create -> plan(disk, create)),
            connector,
            process.random(),
            new Events());
    leg.start();
  }

  private LegPlan plan(ControllerNodeSettings.Served disk, ControllerNodeSettings.Create create) {
    return new LegPlan(
        disk.id(),
        disk.name(),
        disk.blockSizeBytes(),
        create.sizeBytes(),
        (int) TimeUnit.NANOSECONDS.toMillis(disk.leaseNanos()),
        create.groups().getFirst().stream().map(name -> settings.nodes().get(name).id()).toList());
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
          if (leg != null) {
            leg.close();
          }
          // A turn later, so that the release is on its way.
          process.home().timers().schedule(TimeUnit.MILLISECONDS.toNanos(50), () -> leave(closed));
        });
    closed.completeOnTimeout(null, STOP_LIMIT_SECONDS, TimeUnit.SECONDS).join();
  }

  private void leave(CompletableFuture<Void> closed) {
    var left = new int[] {links.size()};
    for (DiskNodeLink link : links) {
      link.close(() -> {
        if (--left[0] == 0) {
          closed.complete(null);
        }
      });
    }
    if (links.isEmpty()) {
      closed.complete(null);
    }
  }

  private final class Events implements LegController.Listener {

    @Override
    public void found(LegRecord record) {
      int blockSizeBytes = record.disk().blockSizeBytes();
      device =
          new SwitchedDevice(
              new BlockGeometry(blockSizeBytes, record.disk().sizeBytes() / blockSizeBytes),
              new DeviceTraits(false, false, true, true, BufferPool.MAX_BUFFER_BYTES / 2));
      UUID id = record.disk().id();
      subsystem.addNamespace(
          new Namespace(
              NAMESPACE_ID,
              new NamespaceIds(id, record.disk().nguid(), NamespaceIds.NO_EUI64),
              ANA_GROUP_ID,
              device,
              new Reservations(process.home())));
      LOG.info("virtual disk {} of {} bytes", record.disk().name(), record.disk().sizeBytes());
      found.complete(null);
    }

    @Override
    public void serving(BlockDevice served) {
      device.connect(served);
      changeAna(AnaState.OPTIMIZED);
      LOG.info("serves virtual disk {}", settings.disk().name());
    }

    @Override
    public void standingBy(String reason) {
      changeAna(AnaState.INACCESSIBLE);
      if (device != null) {
        device.disconnect();
      }
    }

    @Override
    public void happened(String what) {
      LOG.info("{}", what);
    }

    private void changeAna(AnaState state) {
      process
          .portals()
          .forEach(portal -> subsystem.ana().port(portal.portId()).change(ANA_GROUP_ID, state));
    }
  }
}
