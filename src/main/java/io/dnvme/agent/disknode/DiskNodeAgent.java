package io.dnvme.agent.disknode;

import io.dnvme.agent.NodeNames;
import io.dnvme.agent.record.PagedHolderStore;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.Reactor;
import io.dnvme.disk.format.DiskFormatOptions;
import io.dnvme.disk.format.DiskReport;
import io.dnvme.disk.format.DiskStore;
import io.dnvme.disk.format.LogicalDisk;
import io.dnvme.disk.format.PageLayout;
import io.dnvme.disk.format.PageStore;
import io.dnvme.disk.format.StoreOutcome;
import io.dnvme.disk.format.StoreOutcome.Reason;
import io.dnvme.nvme.vendor.NodeIdentity;
import io.dnvme.ownership.RecordFormatException;
import io.dnvme.ownership.RecordHolder;
import io.dnvme.target.ana.AnaGroups;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.controller.Target;
import io.dnvme.target.node.NodeService;
import io.dnvme.target.subsystem.ConnectGate;
import io.dnvme.target.subsystem.HostAccess;
import io.dnvme.target.subsystem.Subsystem;
import io.dnvme.target.subsystem.SubsystemIdentity;
import io.dnvme.target.subsystem.SubsystemLimits;
import io.dnvme.target.subsystem.Subsystems;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * What a disk node does: opens its disk, formats it if it is new, offers what was admitted before,
 * and answers controllers (RECORD, OWNER). Lives on the disk node's home reactor.
 *
 * <pre>
 *   check ─► format, where there is no disk ─► open ─► open the records ─► offer, serve ─► told
 * </pre>
 */
public final class DiskNodeAgent {

  /** Version of the record and disk formats, as controllers are told. */
  private static final int FORMAT_VERSION = 1;

  private static final UUID NO_DISK = new UUID(0, 0);
  private static final int ANA_GROUP_ID = 1;
  private static final int MAX_CONTROLLERS = 1024;
  private static final int MAX_IO_QUEUES = 1;

  /**
   * Who it is.
   *
   * @param cluster whose disks and commands it takes
   * @param powerIncarnation see {@link DiskStore#powerIncarnation}
   * @param format of a disk that is formatted now
   */
  public record Setup(
      UUID cluster,
      UUID node,
      Kind kind,
      UUID powerIncarnation,
      DiskFormatOptions format,
      String firmwareRevision,
      Bugs bugs) {

    /** Of a disk that lasts. */
    public Setup(
        UUID cluster,
        UUID node,
        UUID powerIncarnation,
        DiskFormatOptions format,
        String firmwareRevision,
        Bugs bugs) {
      this(cluster, node, Kind.DISK, powerIncarnation, format, firmwareRevision, bugs);
    }
  }

  /** What it has a disk for. */
  public enum Kind {
    /** Logical disks and leg records. */
    DISK(NodeIdentity.HOLDS_RECORDS | NodeIdentity.HAS_LOGICAL_DISKS),
    /** The same, and all of it is gone when the process ends. */
    MEMORY(NodeIdentity.HOLDS_RECORDS | NodeIdentity.HAS_LOGICAL_DISKS | NodeIdentity.FORGETS),
    /** Leg records alone. */
    WITNESS(NodeIdentity.HOLDS_RECORDS);

    private final int capabilities;

    Kind(int capabilities) {
      this.capabilities = capabilities;
    }
  }

  /** Mistakes that tests turn on, to show that they would be found. Never on otherwise. */
  public record Bugs(
      Set<io.dnvme.ownership.PlantedBug> ownership,
      Set<io.dnvme.disk.format.PlantedBug> disk,
      Set<PlantedBug> admissions) {

    public static final Bugs NONE = new Bugs(Set.of(), Set.of(), Set.of());
  }

  private final Reactor home;
  private final BlockDevice device;
  private final Setup setup;
  private final Subsystems subsystems;
  private final Target target;
  private final Consumer<StoreOutcome<DiskNodeAgent>> done;
  private DiskStore disk;
  private PageStore records;
  private RecordHolder holder;

  private DiskNodeAgent(
      Reactor home,
      BlockDevice device,
      Setup setup,
      Subsystems subsystems,
      Target target,
      Consumer<StoreOutcome<DiskNodeAgent>> done) {
    this.home = home;
    this.device = device;
    this.setup = setup;
    this.subsystems = subsystems;
    this.target = target;
    this.done = done;
  }

  /**
   * Begins to serve {@code device}; on the home reactor. A disk of anybody else's is not touched.
   *
   * @param subsystems what {@code target} serves; logical disks and the node's own are added
   * @param done told on the home reactor once the node is served, or why it cannot be
   */
  public static void start(
      Reactor home,
      BlockDevice device,
      Setup setup,
      Subsystems subsystems,
      Target target,
      Consumer<StoreOutcome<DiskNodeAgent>> done) {
    var agent = new DiskNodeAgent(home, device, setup, subsystems, target, done);
    DiskStore.check(home, device, agent::checked);
  }

  public DiskStore disk() {
    return disk;
  }

  public RecordHolder holder() {
    return holder;
  }

  /** Why nothing more can be had of the disk until the node is started again, if so. */
  public Optional<String> failure() {
    return disk.failure().or(records::failure);
  }

  private void checked(StoreOutcome<DiskReport> found) {
    if (found instanceof StoreOutcome.Refused<DiskReport> refused
        && refused.reason() == Reason.NOT_FORMATTED) {
      DiskFormatOptions options = setup.format().withNode(setup.node());
      DiskStore.format(home, device, options, next(formatted -> open()));
    } else if (found instanceof StoreOutcome.Done<DiskReport>(DiskReport report)
        && report.clusterId().equals(setup.cluster())
        && !report.nodeId().equals(setup.node())) {
      // Two nodes with one identity of a holder would make two promises of one (RECORD).
      done.accept(
          StoreOutcome.refused(
              Reason.CONFLICT,
              "it is the disk of node %s, not of %s: a copy must not be used beside the original"
                  .formatted(report.nodeId(), setup.node())));
    } else {
      open();
    }
  }

  private void open() {
    DiskStore.open(
        home,
        device,
        setup.cluster(),
        setup.powerIncarnation(),
        setup.bugs().disk(),
        next(opened -> {
          disk = opened;
          disk.openRecords(next(this::serve));
        }));
  }

  private <T> Consumer<StoreOutcome<T>> next(Consumer<T> step) {
    return outcome -> {
      switch (outcome) {
        case StoreOutcome.Done<T>(T value) -> step.accept(value);
        case StoreOutcome.Refused<T> refused -> done.accept(refused.as());
      }
    };
  }

  private void serve(PageStore pages) {
    if (setup.kind() == Kind.WITNESS && !disk.list().isEmpty()) {
      done.accept(
          StoreOutcome.refused(
              Reason.IN_USE, "it has logical disks, and a witness serves none: take another file"));
      return;
    }
    records = pages;
    try {
      PageLayout layout = pages.layout();
      // A disk that is formatted anew is another holder: what this one promised is gone (RECORD).
      holder =
          new RecordHolder(
              new PagedHolderStore(pages, disk.diskId()),
              home.clock(),
              setup.bugs().ownership(),
              PagedHolderStore.maxLegs(layout.pageCount(), layout.payloadBytes()));
    } catch (RecordFormatException e) {
      done.accept(
          StoreOutcome.refused(Reason.DAMAGED, "its record store is damaged: " + e.getMessage()));
      return;
    }
    var exports =
        new LogicalDiskExports(
            home, subsystems, target, disk, setup.firmwareRevision(), setup.bugs().admissions());
    var admissions =
        new Admissions(
            home, DiskNodeRules.admissionStore(disk), exports, setup.bugs().admissions());
    for (LogicalDisk found : disk.list()) {
      admissions.restore(found.id(), found.admitted());
    }
    var rules = new DiskNodeRules(home, identity(), disk, holder, admissions);
    subsystems.add(subsystem(new NodeService(home, rules)));
    done.accept(StoreOutcome.done(this));
  }

  private NodeIdentity identity() {
    boolean witness = setup.kind() == Kind.WITNESS;
    return new NodeIdentity(
        setup.node(),
        setup.cluster(),
        holder.identity(),
        witness ? NO_DISK : disk.diskId(),
        disk.powerIncarnation(),
        setup.kind().capabilities,
        FORMAT_VERSION,
        witness ? 0 : FORMAT_VERSION);
  }

  private Subsystem subsystem(NodeService service) {
    return new Subsystem(
        new SubsystemIdentity(
            NodeNames.node(setup.node()),
            NodeNames.serialNumber(setup.node()),
            setup.firmwareRevision()),
        new SubsystemLimits(
            SubsystemLimits.MIN_CNTLID, SubsystemLimits.MAX_CNTLID, MAX_CONTROLLERS, MAX_IO_QUEUES),
        new AnaGroups(home, ANA_GROUP_ID, AnaState.OPTIMIZED),
        HostAccess.ANY,
        service,
        ConnectGate.OPEN);
  }
}
