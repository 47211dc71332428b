package io.dnvme.agent.leg;

import io.dnvme.agent.NodeNames;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.Reactor;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.nvme.StatusCode;
import io.dnvme.ownership.LegRecord;
import io.dnvme.target.ana.AnaGroups;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.controller.ControllerLimits;
import io.dnvme.target.reservation.Reservations;
import io.dnvme.target.subsystem.ConnectGate;
import io.dnvme.target.subsystem.HostAccess;
import io.dnvme.target.subsystem.Namespace;
import io.dnvme.target.subsystem.NamespaceIds;
import io.dnvme.target.subsystem.Subsystem;
import io.dnvme.target.subsystem.SubsystemIdentity;
import io.dnvme.target.subsystem.SubsystemLimits;
import io.dnvme.target.subsystem.VendorCommands;
import java.util.Collection;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A virtual disk as hosts see it on one of its controllers: the same namespace everywhere (NAMES),
 * optimized where its leg is served and inaccessible elsewhere. Hosts are told of the way before
 * the leg is given back, and of the new one after it is served (OWNER). Lives on the controller's
 * home reactor.
 */
public final class VirtualDiskExport implements LegController.Listener {

  /** Controllers that a virtual disk can have; each has a range of CNTLIDs of its own. */
  public static final int MAX_CONTROLLERS = 16;

  /**
   * Of the target that serves it: hosts send no more in one command than members take, which are
   * namespaces of our own host.
   */
  public static final ControllerLimits LIMITS =
      ControllerLimits.DEFAULT.withMaxTransferBytes(QueueOptions.MAX_TRANSFER_BYTES);

  private static final int NAMESPACE_ID = 1;
  private static final int ANA_GROUP_ID = 1;
  private static final int CNTLIDS = 4000;
  private static final int MAX_ASSOCIATIONS = 1024;
  private static final int MAX_IO_QUEUES = 128;

  private final Reactor home;
  private final Supplier<Collection<Integer>> portIds;
  private final Runnable whenFound;
  private final Consumer<String> log;
  private final Subsystem subsystem;
  private volatile SwitchedDevice device;

  /**
   * @param disk the virtual disk's id
   * @param number which of its controllers this is, below {@link #MAX_CONTROLLERS}
   * @param portIds the portals by which it is reached, as of now
   * @param whenFound told once, when hosts see the namespace
   * @param log told what happens, in words for people
   */
  public VirtualDiskExport(
      Reactor home,
      UUID disk,
      int number,
      String firmwareRevision,
      Supplier<Collection<Integer>> portIds,
      Runnable whenFound,
      Consumer<String> log) {
    this.home = home;
    this.portIds = portIds;
    this.whenFound = whenFound;
    this.log = log;
    subsystem =
        new Subsystem(
            new SubsystemIdentity(
                NodeNames.virtualDisk(disk), NodeNames.serialNumber(disk), firmwareRevision),
            new SubsystemLimits(
                SubsystemLimits.MIN_CNTLID + number * CNTLIDS,
                SubsystemLimits.MIN_CNTLID + (number + 1) * CNTLIDS - 1,
                MAX_ASSOCIATIONS,
                MAX_IO_QUEUES),
            new AnaGroups(home, ANA_GROUP_ID, AnaState.INACCESSIBLE),
            HostAccess.ANY,
            VendorCommands.NONE,
            this::admit);
  }

  /**
   * A host that comes back to a controller which has just started knows the namespace: it would
   * send commands before there is one, and take their failure for the disk's. It comes again.
   */
  private void admit(ConnectGate.Attempt attempt) {
    if (device == null) {
      attempt.refuse(StatusCode.CONNECT_CONTROLLER_BUSY.status());
    } else {
      attempt.admit(() -> {});
    }
  }

  /** What is to be added to a target; from any thread. */
  public Subsystem subsystem() {
    return subsystem;
  }

  @Override
  public void found(LegRecord record) {
    int blockSizeBytes = record.disk().blockSizeBytes();
    var found =
        new SwitchedDevice(
            new BlockGeometry(blockSizeBytes, record.disk().sizeBytes() / blockSizeBytes),
            new DeviceTraits(false, false, true, true, LIMITS.maxTransferBytes()));
    UUID id = record.disk().id();
    subsystem.addNamespace(
        new Namespace(
            NAMESPACE_ID,
            new NamespaceIds(id, record.disk().nguid(), NamespaceIds.NO_EUI64),
            ANA_GROUP_ID,
            found,
            Reservations.notOffered(home)));
    // Last: whoever is let in sees the namespace.
    device = found;
    log.accept(
        "virtual disk %s of %d bytes".formatted(record.disk().name(), record.disk().sizeBytes()));
    whenFound.run();
  }

  @Override
  public void lossPossible() {
    subsystem.noteLoss();
  }

  @Override
  public void serving(BlockDevice served) {
    device.connect(served);
    changeAna(AnaState.OPTIMIZED);
    log.accept("serves its virtual disk");
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
    log.accept(what);
  }

  private void changeAna(AnaState state) {
    portIds.get().forEach(portId -> subsystem.ana().port(portId).change(ANA_GROUP_ID, state));
  }
}
