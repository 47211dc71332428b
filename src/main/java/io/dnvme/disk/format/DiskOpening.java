package io.dnvme.disk.format;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.disk.format.StoreOutcome.Done;
import io.dnvme.disk.format.StoreOutcome.Reason;
import io.dnvme.disk.format.StoreOutcome.Refused;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Opens a formatted disk:
 *
 * <pre>
 *   superblocks ──► was a flush ever lost? ──► tables, made durable ──► do they fit? ──► left-over extents: zeroing, commit
 *               ──► a damaged superblock is written again ──► open
 * </pre>
 *
 * Nothing is written before the disk is known to be this cluster's and of this version, and its
 * tables whole. Lives on one reactor.
 */
final class DiskOpening {

  private final DeviceAccess access;
  private final UUID clusterId;
  private UUID powerIncarnation;
  private final Set<PlantedBug> bugs;
  private final Consumer<StoreOutcome<DiskStore>> done;
  private final SuperblockCopies superblocks;

  DiskOpening(
      Reactor reactor,
      BlockDevice device,
      UUID clusterId,
      UUID powerIncarnation,
      Set<PlantedBug> bugs,
      Consumer<StoreOutcome<DiskStore>> done) {
    access = new DeviceAccess(reactor, device);
    this.clusterId = clusterId;
    this.powerIncarnation = powerIncarnation;
    this.bugs = bugs;
    this.done = done;
    superblocks = new SuperblockCopies(access);
  }

  void start() {
    superblocks.read(outcome -> {
      switch (outcome) {
        case Done<SuperblockCopies.Found>(SuperblockCopies.Found found) -> readMark(found);
        case Refused<SuperblockCopies.Found>(Reason reason, String message) ->
            refuse(reason, message);
      }
    });
  }

  private void readMark(SuperblockCopies.Found found) {
    int bytes = Math.max(FailureMark.SIZE_BYTES, access.geometry().blockSizeBytes());
    MemorySegment page = DeviceAccess.allocate(bytes);
    access.read(
        DiskLayout.FAILURE_MARK_OFFSET_BYTES >> access.geometry().blockShift(),
        page,
        0,
        bytes,
        status -> {
          if (status.isSuccess() || status == BlockStatus.READ_FAULT) {
            powerIncarnation =
                FailureMark.incarnation(powerIncarnation, status.isSuccess() ? page : null);
            openTables(found);
          } else {
            refuse(Reason.FAILED, "it cannot be read: " + status);
          }
        });
  }

  private void openTables(SuperblockCopies.Found found) {
    Superblock superblock = found.superblock();
    Refused<DiskStore> refusal = SuperblockCopies.refusal(superblock, clusterId, access.geometry());
    if (refusal != null) {
      refuse(refusal.reason(), refusal.message());
      return;
    }
    PageStore.open(
        access,
        superblock.layout().tables(),
        superblock.tablesId(),
        bugs,
        outcome -> {
          switch (outcome) {
            case Done<PageStore>(PageStore tables) -> readTables(found, tables);
            case Refused<PageStore>(Reason reason, String message) -> refuse(reason, message);
          }
        });
  }

  private void readTables(SuperblockCopies.Found found, PageStore store) {
    DiskLayout layout = found.superblock().layout();
    var logicalDisks = new LogicalDiskTable(store, layout.maxLogicalDisks());
    var extents = new ExtentTable(store, layout.logicalDiskPages());
    switch (DiskContent.read(layout, logicalDisks, extents)) {
      case Refused<DiskContent>(Reason reason, String message) -> refuse(reason, message);
      case Done<DiskContent>(DiskContent content) -> {
        content.leftovers().forEach(extent -> extents.put(extent, ExtentTable.State.ZEROING));
        new Sequence(
                status -> {
                  if (status.isSuccess()) {
                    open(found.superblock(), store, content);
                  } else {
                    refuse(Reason.FAILED, "its tables cannot be written: " + status);
                  }
                })
            .then(store::commit)
            .then(next -> superblocks.write(found.superblock(), found.repairable(), next))
            .start();
      }
    }
  }

  private void open(Superblock superblock, PageStore store, DiskContent content) {
    var state = new DiskState(access, superblock, store, content, bugs);
    done.accept(StoreOutcome.done(new DiskStore(state, powerIncarnation)));
  }

  private void refuse(Reason reason, String what) {
    done.accept(StoreOutcome.refused(reason, "cannot open the disk: " + what));
  }
}
