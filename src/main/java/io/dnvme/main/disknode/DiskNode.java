package io.dnvme.main.disknode;

import com.typesafe.config.Config;
import io.dnvme.agent.NodeNames;
import io.dnvme.agent.disknode.Admissions;
import io.dnvme.agent.disknode.DiskNodeRules;
import io.dnvme.agent.disknode.LogicalDiskExports;
import io.dnvme.agent.record.PagedHolderStore;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.Reactor;
import io.dnvme.disk.DeviceOpenException;
import io.dnvme.disk.FileDevice;
import io.dnvme.disk.FileDeviceOptions;
import io.dnvme.disk.MemoryDevice;
import io.dnvme.disk.format.DiskFormatOptions;
import io.dnvme.disk.format.DiskReport;
import io.dnvme.disk.format.DiskStore;
import io.dnvme.disk.format.LogicalDisk;
import io.dnvme.disk.format.PageLayout;
import io.dnvme.disk.format.PageStore;
import io.dnvme.disk.format.StoreOutcome;
import io.dnvme.disk.format.StoreOutcome.Reason;
import io.dnvme.main.CommandException;
import io.dnvme.main.ExitCode;
import io.dnvme.main.Version;
import io.dnvme.main.node.NodeProcess;
import io.dnvme.nvme.vendor.NodeIdentity;
import io.dnvme.ownership.RecordFormatException;
import io.dnvme.ownership.RecordHolder;
import io.dnvme.target.ana.AnaGroups;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.discovery.Portal;
import io.dnvme.target.node.NodeService;
import io.dnvme.target.subsystem.ConnectGate;
import io.dnvme.target.subsystem.HostAccess;
import io.dnvme.target.subsystem.Subsystem;
import io.dnvme.target.subsystem.SubsystemIdentity;
import io.dnvme.target.subsystem.SubsystemLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * A disk node: one physical disk, formatted if it is new, and the target that exports its logical
 * disks and answers controllers. From any thread that is no reactor.
 */
public final class DiskNode implements AutoCloseable {

  /** Version of the record and disk formats, as controllers are told. */
  private static final int FORMAT_VERSION = 1;

  private static final int ANA_GROUP_ID = 1;
  private static final int MAX_CONTROLLERS = 1024;
  private static final int MAX_IO_QUEUES = 1;
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
    formatIfNew(device);
    DiskStore disk =
        onHome((reactor, done) ->
            DiskStore.open(reactor, device, settings.cluster(), powerIncarnation(), done));
    PageStore pages = this.<PageStore>onHome((reactor, done) -> disk.openRecords(done));
    // What reads and writes the tables from now on does so on the home reactor.
    RecordHolder holder = call(() -> holder(pages, disk.diskId(), home));
    var exports =
        new LogicalDiskExports(
            home, process.subsystems(), process.target(), disk, firmwareRevision());
    var admissions = new Admissions(home, DiskNodeRules.admissionStore(disk), exports);
    var rules = new DiskNodeRules(identity(disk, holder), disk, holder, admissions);
    call(() -> {
      for (LogicalDisk found : disk.list()) {
        admissions.restore(found.id(), found.admitted());
      }
      return null;
    });
    var service = new NodeService(home, rules);
    process
        .subsystems()
        .add(
            new Subsystem(
                new SubsystemIdentity(
                    nqn(), NodeNames.serialNumber(settings.node()), firmwareRevision()),
                new SubsystemLimits(
                    SubsystemLimits.MIN_CNTLID,
                    SubsystemLimits.MAX_CNTLID,
                    MAX_CONTROLLERS,
                    MAX_IO_QUEUES),
                new AnaGroups(home, ANA_GROUP_ID, AnaState.OPTIMIZED),
                HostAccess.ANY,
                service,
                ConnectGate.OPEN));
  }

  /** A disk that is formatted anew is another holder: what this one promised is gone (RECORD). */
  private RecordHolder holder(PageStore pages, UUID store, Reactor home) {
    try {
      PageLayout layout = pages.layout();
      return new RecordHolder(
          new PagedHolderStore(pages, store),
          home.clock(),
          Set.of(),
          PagedHolderStore.maxLegs(layout.pageCount(), layout.payloadBytes()));
    } catch (RecordFormatException e) {
      throw refused("its record store is damaged: " + e.getMessage());
    }
  }

  private NodeIdentity identity(DiskStore disk, RecordHolder holder) {
    return new NodeIdentity(
        settings.node(),
        settings.cluster(),
        holder.identity(),
        disk.diskId(),
        disk.powerIncarnation(),
        NodeIdentity.HOLDS_RECORDS | NodeIdentity.HAS_LOGICAL_DISKS,
        FORMAT_VERSION,
        FORMAT_VERSION);
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

  /** A disk of anybody else's is not touched. */
  private void formatIfNew(BlockDevice device) {
    StoreOutcome<DiskReport> found = ask((reactor, done) -> DiskStore.check(reactor, device, done));
    if (found instanceof StoreOutcome.Refused<DiskReport> refused
        && refused.reason() == Reason.NOT_FORMATTED) {
      var options =
          DiskFormatOptions.defaults(settings.cluster(), UUID.randomUUID())
              .withExtentBytes(settings.extentBytes())
              .withRecordPages(settings.recordPages());
      this.<UUID>onHome((reactor, done) -> DiskStore.format(reactor, device, options, done));
    }
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

  private static String firmwareRevision() {
    return SubsystemIdentity.firmwareRevision(Version.current());
  }

  /** Has something done on the home reactor, and waits for what it gives. */
  private <T> T onHome(BiConsumer<Reactor, Consumer<StoreOutcome<T>>> task) {
    return switch (this.<T>ask(task)) {
      case StoreOutcome.Done<T>(T value) -> value;
      case StoreOutcome.Refused<T> refused -> throw refused(refused.message());
    };
  }

  private <T> StoreOutcome<T> ask(BiConsumer<Reactor, Consumer<StoreOutcome<T>>> task) {
    var outcome = new CompletableFuture<StoreOutcome<T>>();
    run(outcome, () -> task.accept(process.home(), outcome::complete));
    return await(outcome);
  }

  private <T> T call(java.util.function.Supplier<T> task) {
    var outcome = new CompletableFuture<T>();
    run(outcome, () -> outcome.complete(task.get()));
    return await(outcome);
  }

  private void run(CompletableFuture<?> outcome, Runnable task) {
    process
        .home()
        .execute(() -> {
          try {
            task.run();
          } catch (RuntimeException e) {
            outcome.completeExceptionally(e);
          }
        });
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
