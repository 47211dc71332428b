package io.dnvme.main.disknode;

import com.typesafe.config.Config;
import io.dnvme.agent.NodeNames;
import io.dnvme.agent.disknode.DiskNodeAgent;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.Reactor;
import io.dnvme.disk.BootId;
import io.dnvme.disk.format.DiskUsage;
import io.dnvme.disk.format.StoreOutcome;
import io.dnvme.main.CommandException;
import io.dnvme.main.ExitCode;
import io.dnvme.main.Sizes;
import io.dnvme.main.Version;
import io.dnvme.main.node.NodeProcess;
import io.dnvme.target.discovery.Portal;
import io.dnvme.target.subsystem.SubsystemIdentity;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A disk node: one physical disk, formatted if it is new, and the target that exports its logical
 * disks and answers controllers. From any thread that is no reactor.
 */
public final class DiskNode implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger("io.dnvme.disknode");

  private static final long OPEN_LIMIT_SECONDS = 120;
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final DiskNodeSettings settings;
  private final NodeProcess process;

  /** Known once it is open. */
  private volatile UUID diskId;

  private volatile DiskNodeAgent agent;
  private volatile boolean failed;
  private Optional<InetSocketAddress> monitoring = Optional.empty();

  private DiskNode(DiskNodeSettings settings, NodeProcess process) {
    this.settings = settings;
    this.process = process;
  }

  /**
   * Opens the disk and serves it; ready when this returns.
   *
   * @throws CommandException where something cannot be had; nothing is left behind
   */
  public static DiskNode start(DiskNodeSettings settings, Config config) {
    NodeProcess.requireFree(settings.listen());
    NodeProcess.requireFree(settings.monitoring().stream().toList());
    NodeProcess process = NodeProcess.start(config);
    var node = new DiskNode(settings, process);
    try {
      node.open();
      process.listen(settings.listen());
      node.monitor();
    } catch (RuntimeException e) {
      process.close();
      throw e;
    }
    return node;
  }

  public String nqn() {
    return NodeNames.node(settings.node());
  }

  /** The physical disk's identity: what its superblocks say. */
  public UUID diskId() {
    return diskId;
  }

  /** Where metrics are served, if they are. */
  public Optional<InetSocketAddress> monitoring() {
    return monitoring;
  }

  /** Where it serves, in the order of the settings. */
  public List<Portal> portals() {
    return process.portals();
  }

  /** Commands in flight finish, and what was acknowledged is on the medium. */
  @Override
  public void close() {
    process.close();
  }

  private void monitor() {
    monitoring =
        settings
            .monitoring()
            .map(endpoint -> process.monitor(endpoint, () -> DiskFigures.of(agent), () -> !failed));
  }

  private void open() {
    Reactor home = process.home();
    DiskDevice opened = process.onReactors().add(DiskDevice.openOrMake(settings.disk()));
    BlockDevice device = opened.device();
    var setup =
        new DiskNodeAgent.Setup(
            settings.cluster(),
            settings.node(),
            kind(),
            powerIncarnation(),
            settings.format(),
            SubsystemIdentity.firmwareRevision(Version.current()),
            DiskNodeAgent.Bugs.NONE);
    var outcome = new CompletableFuture<StoreOutcome<DiskNodeAgent>>();
    home.execute(() -> {
      try {
        DiskNodeAgent.start(
            home,
            device,
            setup,
            process.subsystems(),
            process.target(),
            started -> outcome.complete(logged(started)));
      } catch (RuntimeException e) {
        outcome.completeExceptionally(e);
      }
    });
    if (await(outcome) instanceof StoreOutcome.Refused<DiskNodeAgent> refused) {
      throw new CommandException(
          ExitCode.USAGE, "cannot use " + settings.disk().name() + ": " + refused.message());
    }
    opened.keep();
  }

  /** On the home reactor. */
  private StoreOutcome<DiskNodeAgent> logged(StoreOutcome<DiskNodeAgent> outcome) {
    if (outcome instanceof StoreOutcome.Done<DiskNodeAgent>(DiskNodeAgent agent)) {
      DiskUsage usage = agent.disk().usage();
      this.agent = agent;
      diskId = agent.disk().diskId();
      LOG.info(
          "disk {} in {}: {} extents of {}, {} logical disks",
          agent.disk().diskId(),
          settings.disk().name(),
          usage.extents(),
          Sizes.format(usage.extentBytes()),
          usage.logicalDisks());
      look(agent);
    }
    return outcome;
  }

  /** People are to learn that a disk has failed, not from its users alone. */
  private void look(DiskNodeAgent agent) {
    agent
        .failure()
        .ifPresentOrElse(
            why -> {
              failed = true;
              LOG.error(
                  "disk {} in {} has failed, and serves nothing until this node is started again: {}",
                  agent.disk().diskId(),
                  settings.disk().name(),
                  why);
            },
            () -> process.home().timers().schedule(LOOK_NANOS, () -> look(agent)));
  }

  private DiskNodeAgent.Kind kind() {
    if (settings.witness()) {
      return DiskNodeAgent.Kind.WITNESS;
    }
    return settings.disk() instanceof PhysicalDisk.Memory
        ? DiskNodeAgent.Kind.MEMORY
        : DiskNodeAgent.Kind.DISK;
  }

  /** What a volatile cache does not survive the change of: the boot; of memory, the process. */
  private UUID powerIncarnation() {
    if (settings.disk() instanceof PhysicalDisk.Memory) {
      return UUID.randomUUID();
    }
    try {
      return BootId.read();
    } catch (IOException e) {
      throw new CommandException(ExitCode.FAILED, "cannot tell the boot: " + e.getMessage(), e);
    }
  }

  /** What the home reactor tells. */
  static <T> T await(CompletableFuture<T> outcome) {
    try {
      return outcome.get(OPEN_LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (TimeoutException e) {
      throw new CommandException(ExitCode.FAILED, "the disk does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException(ExitCode.FAILED, "interrupted while opening the disk", e);
    }
  }
}
