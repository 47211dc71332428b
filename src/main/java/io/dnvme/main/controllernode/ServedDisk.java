package io.dnvme.main.controllernode;

import io.dnvme.agent.NodeNames;
import io.dnvme.agent.leg.ControllerAgent;
import io.dnvme.agent.leg.LegController;
import io.dnvme.agent.leg.LegOptions;
import io.dnvme.agent.leg.LegPlan;
import io.dnvme.agent.leg.LegStatus;
import io.dnvme.agent.leg.VirtualDiskExport;
import io.dnvme.block.BlockDevice;
import io.dnvme.main.CommandException;
import io.dnvme.main.ExitCode;
import io.dnvme.main.Version;
import io.dnvme.main.controllernode.ControllerNodeSettings.DiskNodeAddress;
import io.dnvme.main.node.NodeProcess;
import io.dnvme.ownership.LegRecord;
import io.dnvme.target.discovery.Portal;
import io.dnvme.target.subsystem.Subsystem;
import io.dnvme.target.subsystem.SubsystemIdentity;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One virtual disk of a controller node: what hosts see of it, and its leg. Each is looked for,
 * made and served by itself. On the home reactor, save what says otherwise.
 */
final class ServedDisk implements LegController.Listener {

  private static final Logger LOG = LoggerFactory.getLogger("io.dnvme.controller");

  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final long LOOK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final ControllerNodeSettings settings;
  private final ControllerNodeSettings.Served disk;
  private final NodeProcess process;
  private final VirtualDiskExport export;
  private final CompletableFuture<Void> found = new CompletableFuture<>();
  private ControllerAgent agent;
  private LegController leg;
  private long terms;

  ServedDisk(
      ControllerNodeSettings settings, ControllerNodeSettings.Served disk, NodeProcess process) {
    this.settings = settings;
    this.disk = disk;
    this.process = process;
    export =
        new VirtualDiskExport(
            process.home(),
            disk.id(),
            settings.number(),
            SubsystemIdentity.firmwareRevision(Version.current()),
            () -> process.portals().stream().map(Portal::portId).toList(),
            () -> found.complete(null),
            what -> LOG.info("{}: {}", disk.name(), what));
  }

  /** What people call it. Any thread. */
  String name() {
    return disk.name();
  }

  /** Any thread. */
  String nqn() {
    return NodeNames.virtualDisk(disk.id());
  }

  /** What hosts see. Any thread. */
  Subsystem subsystem() {
    return export.subsystem();
  }

  /**
   * Done when its record was found or made; fails with a {@link CommandException} where it cannot
   * be made as it is wanted. Any thread.
   */
  CompletableFuture<Void> found() {
    return found;
  }

  boolean isServing() {
    return leg.isServing();
  }

  /** Whether it is served, with all members in-sync. */
  boolean isWhole() {
    return leg.isWhole();
  }

  /** Times that it began to be served here. */
  long terms() {
    return terms;
  }

  LegStatus status() {
    return leg.status();
  }

  /** Begins to look for it. */
  void start(ControllerAgent by) {
    agent = by;
    Map<String, DiskNodeAddress> nodes = settings.nodes();
    leg =
        by.serve(
            new ControllerAgent.VirtualDisk(
                disk.id(),
                disk.holders().stream().map(name -> nodes.get(name).id()).toList(),
                disk.create().map(this::plan),
                LegOptions.DEFAULT
                    .withReplacements(disk.replacements())
                    .withRebuild(settings.rebuild())
                    .withHolderPatience(disk.holderPatienceNanos())
                    .withScrub(settings.scrub())),
            this);
    process.home().timers().schedule(LOOK_NANOS, this::look);
  }

  private LegPlan plan(ControllerNodeSettings.Create create) {
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

  /** Says what is waited for. */
  private void look() {
    if (found.isDone()) {
      return;
    }
    List<UUID> missing = agent.missing();
    Optional<String> why = leg.whyNotFound();
    if (why.isPresent()) {
      LOG.warn("virtual disk {} is not found; {}", name(), why.get());
    } else if (!missing.isEmpty()) {
      LOG.warn("virtual disk {} is not found yet; {}", name(), named(missing));
    } else if (disk.create().isEmpty()) {
      LOG.warn(
          "virtual disk {} is not found: none of the nodes knows it; one controller's file must"
              + " say vdisks.{}.create",
          name(),
          name());
    } else {
      LOG.warn("virtual disk {} is not made yet", name());
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

  // ---- What becomes of the leg is the export's matter, but for what nobody can mend.

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
    terms++;
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
            "cannot make virtual disk %s, and nothing was made: %s".formatted(name(), why)));
  }

  @Override
  public void happened(String what) {
    export.happened(what);
  }
}
