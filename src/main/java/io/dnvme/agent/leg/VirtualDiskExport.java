package io.dnvme.agent.leg;

import io.dnvme.agent.NodeNames;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BufferPool;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.Reactor;
import io.dnvme.ownership.LegRecord;
import io.dnvme.target.ana.AnaGroups;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.reservation.Reservations;
import io.dnvme.target.subsystem.HostAccess;
import io.dnvme.target.subsystem.Namespace;
import io.dnvme.target.subsystem.NamespaceIds;
import io.dnvme.target.subsystem.Subsystem;
import io.dnvme.target.subsystem.SubsystemIdentity;
import io.dnvme.target.subsystem.SubsystemLimits;
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

  private static final int NAMESPACE_ID = 1;
  private static final int ANA_GROUP_ID = 1;
  private static final int CNTLIDS = 4000;
  private static final int MAX_ASSOCIATIONS = 1024;
  private static final int MAX_IO_QUEUES = 128;

  private final Reactor home;
  private final Supplier<Collection<Integer>> portIds;
  private final Runnable found;
  private final Consumer<String> log;
  private final Subsystem subsystem;
  private SwitchedDevice device;

  /**
   * @param disk the virtual disk's id
   * @param number which of its controllers this is, below {@link #MAX_CONTROLLERS}
   * @param portIds the portals by which it is reached, as of now
   * @param found told once, when hosts see the namespace
   * @param log told what happens, in words for people
   */
  public VirtualDiskExport(
      Reactor home,
      UUID disk,
      int number,
      String firmwareRevision,
      Supplier<Collection<Integer>> portIds,
      Runnable found,
      Consumer<String> log) {
    this.home = home;
    this.portIds = portIds;
    this.found = found;
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
            HostAccess.ANY);
  }

  /** What is to be added to a target; from any thread. */
  public Subsystem subsystem() {
    return subsystem;
  }

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
            new Reservations(home)));
    log.accept(
        "virtual disk %s of %d bytes".formatted(record.disk().name(), record.disk().sizeBytes()));
    found.run();
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
