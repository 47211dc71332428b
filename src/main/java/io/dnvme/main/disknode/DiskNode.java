package io.dnvme.main.disknode;

import com.typesafe.config.Config;
import io.dnvme.agent.NodeNames;
import io.dnvme.agent.disknode.DiskNodeAgent;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.Reactor;
import io.dnvme.disk.DeviceOpenException;
import io.dnvme.disk.FileDevice;
import io.dnvme.disk.FileDeviceOptions;
import io.dnvme.disk.MemoryDevice;
import io.dnvme.disk.format.DiskFormatOptions;
import io.dnvme.disk.format.StoreOutcome;
import io.dnvme.main.CommandException;
import io.dnvme.main.ExitCode;
import io.dnvme.main.Version;
import io.dnvme.main.node.NodeProcess;
import io.dnvme.target.discovery.Portal;
import io.dnvme.target.subsystem.SubsystemIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A disk node: one physical disk, formatted if it is new, and the target that exports its logical
 * disks and answers controllers. From any thread that is no reactor.
 */
public final class DiskNode implements AutoCloseable {

  private static final long OPEN_LIMIT_SECONDS = 120;
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private final DiskNodeSettings settings;
  private final NodeProcess process;

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
    NodeProcess process = NodeProcess.start(config);
    var node = new DiskNode(settings, process);
    try {
      node.open();
      process.listen(settings.listen());
    } catch (RuntimeException e) {
      process.close();
      throw e;
    }
    return node;
  }

  public String nqn() {
    return NodeNames.node(settings.node());
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

  private void open() {
    Reactor home = process.home();
    BlockDevice device = process.onReactors().add(openDevice());
    var setup =
        new DiskNodeAgent.Setup(
            settings.cluster(),
            settings.node(),
            powerIncarnation(),
            DiskFormatOptions.defaults(settings.cluster(), UUID.randomUUID())
                .withExtentBytes(settings.extentBytes())
                .withRecordPages(settings.recordPages()),
            SubsystemIdentity.firmwareRevision(Version.current()),
            DiskNodeAgent.Bugs.NONE);
    var outcome = new CompletableFuture<StoreOutcome<DiskNodeAgent>>();
    home.execute(() -> {
      try {
        DiskNodeAgent.start(
            home, device, setup, process.subsystems(), process.target(), outcome::complete);
      } catch (RuntimeException e) {
        outcome.completeExceptionally(e);
      }
    });
    if (await(outcome) instanceof StoreOutcome.Refused<DiskNodeAgent> refused) {
      throw refused(refused.message());
    }
  }

  private BlockDevice openDevice() {
    try {
      return switch (settings.disk()) {
        case PhysicalDisk.Memory(long sizeBytes, int blockSizeBytes) ->
            new MemoryDevice(new BlockGeometry(blockSizeBytes, sizeBytes / blockSizeBytes));
        case PhysicalDisk.Stored stored -> openStored(stored);
      };
    } catch (DeviceOpenException e) {
      throw new CommandException(ExitCode.USAGE, "cannot open the disk: " + e.getMessage(), e);
    }
  }

  private static BlockDevice openStored(PhysicalDisk.Stored stored) throws DeviceOpenException {
    FileDeviceOptions options =
        FileDeviceOptions.defaults()
            .withBlockSizeBytes(stored.blockSizeBytes())
            .withDirect(stored.direct());
    if (Files.exists(stored.path())) {
      FileDevice device = FileDevice.open(stored.path(), options);
      long has = device.geometry().sizeBytes();
      if (stored.sizeBytes() != PhysicalDisk.ITS_OWN && stored.sizeBytes() != has) {
        device.close();
        throw new CommandException(
            ExitCode.USAGE,
            "cannot use %s: it has %d bytes, not the %d of disk.size"
                .formatted(stored.path(), has, stored.sizeBytes()));
      }
      return device;
    }
    if (stored.sizeBytes() == PhysicalDisk.ITS_OWN) {
      throw new CommandException(
          ExitCode.USAGE, "there is no " + stored.path() + ", and no disk.size to make it");
    }
    return FileDevice.create(stored.path(), stored.sizeBytes(), options);
  }

  /** What a volatile cache does not survive the change of: the boot; of memory, the process. */
  private UUID powerIncarnation() {
    if (settings.disk() instanceof PhysicalDisk.Memory) {
      return UUID.randomUUID();
    }
    try {
      return UUID.fromString(Files.readString(BOOT_ID).strip());
    } catch (IOException | IllegalArgumentException e) {
      throw new CommandException(ExitCode.FAILED, "cannot read " + BOOT_ID + ": " + e, e);
    }
  }

  private static <T> T await(CompletableFuture<T> outcome) {
    try {
      return outcome.get(OPEN_LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (java.util.concurrent.ExecutionException e) {
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

  private CommandException refused(String why) {
    String name =
        settings.disk() instanceof PhysicalDisk.Stored stored
            ? stored.path().toString()
            : "the memory disk";
    return new CommandException(ExitCode.USAGE, "cannot use " + name + ": " + why);
  }
}
