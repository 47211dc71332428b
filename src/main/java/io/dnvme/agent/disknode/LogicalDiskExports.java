package io.dnvme.agent.disknode;

import io.dnvme.agent.NodeNames;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.Reactor;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.disk.format.AttachmentListener;
import io.dnvme.disk.format.DiskStore;
import io.dnvme.disk.format.SliceDevice;
import io.dnvme.disk.format.StoreOutcome;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.ana.AnaGroups;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.controller.AssociationFence;
import io.dnvme.target.controller.Target;
import io.dnvme.target.reservation.Reservations;
import io.dnvme.target.subsystem.ConnectGate;
import io.dnvme.target.subsystem.HostAccess;
import io.dnvme.target.subsystem.Namespace;
import io.dnvme.target.subsystem.NamespaceIds;
import io.dnvme.target.subsystem.Subsystem;
import io.dnvme.target.subsystem.SubsystemIdentity;
import io.dnvme.target.subsystem.SubsystemLimits;
import io.dnvme.target.subsystem.Subsystems;
import io.dnvme.target.subsystem.VendorCommands;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Logical disks as NVM subsystems of one namespace, under the name of the epoch that they admitted
 * (OWNER). Only that epoch's incarnation is let in, which it shows as its host id; its new
 * association first ends the others (STALE-PATH). Lives on the disk node's home reactor.
 */
public final class LogicalDiskExports implements Admissions.Exports {

  private static final int NAMESPACE_ID = 1;
  private static final int ANA_GROUP_ID = 1;

  /** Associations that may be there for a moment: one that ends, and the next. */
  private static final int MAX_CONTROLLERS = 16;

  private static final int MAX_IO_QUEUES = 64;

  private final Reactor home;
  private final Subsystems subsystems;
  private final Target target;
  private final DiskStore disk;
  private final String firmwareRevision;
  private final Set<PlantedBug> bugs;
  private final Map<UUID, AssociationFence> fences = new HashMap<>();

  public LogicalDiskExports(
      Reactor home,
      Subsystems subsystems,
      Target target,
      DiskStore disk,
      String firmwareRevision,
      Set<PlantedBug> bugs) {
    this.home = home;
    this.subsystems = subsystems;
    this.target = target;
    this.disk = disk;
    this.firmwareRevision = firmwareRevision;
    this.bugs = bugs;
  }

  @Override
  public void offer(UUID logicalDisk, Epoch epoch, Consumer<Admissions.Outcome> done) {
    disk.attach(
        logicalDisk,
        epoch,
        new Offered(logicalDisk, epoch),
        outcome ->
            done.accept(
                switch (outcome) {
                  case StoreOutcome.Done<SliceDevice>(SliceDevice device) ->
                      add(logicalDisk, epoch, device);
                  case StoreOutcome.Refused<SliceDevice> refused ->
                      DiskNodeRules.outcome(refused.reason());
                }));
  }

  /** What is offered at an epoch follows what becomes of its device. */
  private final class Offered implements AttachmentListener {
    private final UUID logicalDisk;
    private final Epoch epoch;

    Offered(UUID logicalDisk, Epoch epoch) {
      this.logicalDisk = logicalDisk;
      this.epoch = epoch;
    }

    /** At once: who is cut off need not wait for what the disk still does. */
    @Override
    public void cut() {
      LogicalDiskExports.this.cut(logicalDisk, epoch);
    }

    /** Who is connected learns it by an event, who connects later by Identify. */
    @Override
    public void grown() {
      Subsystem subsystem = subsystems.find(NodeNames.logicalDisk(logicalDisk, epoch));
      if (subsystem != null) {
        BlockDevice device = subsystem.namespace(NAMESPACE_ID).device();
        subsystem.resizeNamespace(NAMESPACE_ID, device.geometry());
      }
    }
  }

  /** That there are too many subsystems is this logical disk's trouble, and nobody else's. */
  private Admissions.Outcome add(UUID logicalDisk, Epoch epoch, SliceDevice device) {
    try {
      subsystems.add(subsystem(logicalDisk, epoch, device));
      return Admissions.Outcome.ADMITTED;
    } catch (IllegalStateException | IllegalArgumentException e) {
      return Admissions.Outcome.FAILED;
    }
  }

  private Subsystem subsystem(UUID logicalDisk, Epoch epoch, BlockDevice device) {
    var subsystem =
        new Subsystem(
            new SubsystemIdentity(
                NodeNames.logicalDisk(logicalDisk, epoch),
                NodeNames.serialNumber(logicalDisk),
                firmwareRevision),
            new SubsystemLimits(
                SubsystemLimits.MIN_CNTLID,
                SubsystemLimits.MAX_CNTLID,
                MAX_CONTROLLERS,
                MAX_IO_QUEUES),
            new AnaGroups(home, ANA_GROUP_ID, AnaState.OPTIMIZED),
            HostAccess.ANY,
            VendorCommands.NONE,
            gate(
                epoch,
                bugs.contains(PlantedBug.SKIP_THE_FENCE) ? ConnectGate.OPEN : fence(logicalDisk)));
    subsystem.addNamespace(
        new Namespace(
            NAMESPACE_ID,
            new NamespaceIds(logicalDisk, logicalDisk, NamespaceIds.NO_EUI64),
            ANA_GROUP_ID,
            device,
            Reservations.notOffered(home)));
    return subsystem;
  }

  /** Another incarnation with the same number never admitted it: it is no owner. */
  private static ConnectGate gate(Epoch epoch, ConnectGate fence) {
    return attempt -> {
      if (attempt.hostId().equals(epoch.incarnation())) {
        fence.decide(attempt);
      } else {
        attempt.refuse(StatusCode.CONNECT_INVALID_HOST.dnr());
      }
    };
  }

  @Override
  public void withdraw(UUID logicalDisk, Epoch epoch, Runnable drained) {
    end(logicalDisk, epoch, drained);
  }

  private void cut(UUID logicalDisk, Epoch epoch) {
    if (fences.containsKey(logicalDisk)) {
      end(logicalDisk, epoch, () -> {});
    }
  }

  @Override
  public void forget(UUID logicalDisk) {
    fences.remove(logicalDisk);
  }

  private void end(UUID logicalDisk, Epoch epoch, Runnable drained) {
    subsystems.remove(NodeNames.logicalDisk(logicalDisk, epoch));
    fence(logicalDisk).cut(drained);
  }

  private AssociationFence fence(UUID logicalDisk) {
    return fences.computeIfAbsent(
        logicalDisk,
        id -> {
          String prefix = NodeNames.logicalDiskPrefix(id);
          return new AssociationFence(
              home, target, controller -> controller.subsystemNqn().startsWith(prefix));
        });
  }
}
