package io.dnvme.disk.format;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.Reactor;
import io.dnvme.disk.format.StoreOutcome.Done;
import io.dnvme.disk.format.StoreOutcome.Reason;
import io.dnvme.disk.format.StoreOutcome.Refused;
import java.util.function.Consumer;

/**
 * Reads what a disk says of itself and whether it fits together; changes nothing. Lives on one
 * reactor.
 */
final class DiskCheck {

  private final DeviceAccess access;
  private final Consumer<StoreOutcome<DiskReport>> done;

  private DiskCheck(DeviceAccess access, Consumer<StoreOutcome<DiskReport>> done) {
    this.access = access;
    this.done = done;
  }

  static void start(Reactor reactor, BlockDevice device, Consumer<StoreOutcome<DiskReport>> done) {
    new DiskCheck(new DeviceAccess(reactor, device), done).start();
  }

  static void startRecords(
      Reactor reactor, BlockDevice device, Consumer<StoreOutcome<PageStore>> done) {
    var access = new DeviceAccess(reactor, device);
    new SuperblockCopies(access)
        .read(outcome -> {
          switch (outcome) {
            case Done<SuperblockCopies.Found>(SuperblockCopies.Found found) ->
                scanRecords(access, found.superblock(), done);
            case Refused<SuperblockCopies.Found> refused -> done.accept(refused.as());
          }
        });
  }

  private static void scanRecords(
      DeviceAccess access, Superblock superblock, Consumer<StoreOutcome<PageStore>> done) {
    PageLayout records = superblock.layout().records();
    if (records == null) {
      done.accept(StoreOutcome.done(null));
      return;
    }
    PageScan.start(
        access,
        records,
        superblock.recordsId(),
        scan -> {
          if (!scan.outcome().isSuccess()) {
            done.accept(
                StoreOutcome.refused(
                    Reason.FAILED, "its records cannot be read: " + scan.outcome()));
          } else if (!scan.damaged().isEmpty()) {
            done.accept(
                StoreOutcome.refused(
                    Reason.DAMAGED, "its records: " + PageStore.damage(records, scan.damaged())));
          } else {
            done.accept(
                StoreOutcome.done(
                    PageStore.readOnly(access, records, superblock.recordsId(), scan)));
          }
        });
  }

  private void start() {
    new SuperblockCopies(access)
        .read(outcome -> {
          switch (outcome) {
            case Done<SuperblockCopies.Found>(SuperblockCopies.Found found) -> scan(found);
            case Refused<SuperblockCopies.Found> refused -> done.accept(refused.as());
          }
        });
  }

  private void scan(SuperblockCopies.Found found) {
    Superblock superblock = found.superblock();
    Refused<DiskReport> refusal =
        SuperblockCopies.refusal(superblock, superblock.clusterId(), access.geometry());
    if (refusal != null) {
      done.accept(refusal);
      return;
    }
    PageScan.start(
        access, superblock.layout().tables(), superblock.tablesId(), scan -> judge(found, scan));
  }

  private void judge(SuperblockCopies.Found found, PageScan scan) {
    DiskLayout layout = found.superblock().layout();
    if (!scan.outcome().isSuccess()) {
      refuse(Reason.FAILED, "its tables cannot be read: " + scan.outcome());
    } else if (!scan.damaged().isEmpty()) {
      refuse(Reason.DAMAGED, PageStore.damage(layout.tables(), scan.damaged()));
    } else {
      var store = PageStore.readOnly(access, layout.tables(), found.superblock().tablesId(), scan);
      StoreOutcome<DiskContent> read =
          DiskContent.read(
              layout,
              new LogicalDiskTable(store, layout.maxLogicalDisks()),
              new ExtentTable(store, layout.logicalDiskPages()));
      switch (read) {
        case Done<DiskContent>(DiskContent content) -> report(found, scan, content);
        case Refused<DiskContent>(Reason reason, String message) -> refuse(reason, message);
      }
    }
  }

  private void report(SuperblockCopies.Found found, PageScan scan, DiskContent content) {
    Superblock superblock = found.superblock();
    done.accept(
        StoreOutcome.done(
            new DiskReport(
                superblock.clusterId(),
                superblock.nodeId(),
                superblock.diskId(),
                content.usage(superblock.layout()),
                content.logicalDisks().stream().map(DiskContent.Entry::disk).toList(),
                found.badCopies().size(),
                scan.badCopies(),
                content.leftovers().size())));
  }

  private void refuse(Reason reason, String message) {
    done.accept(StoreOutcome.refused(reason, message));
  }
}
