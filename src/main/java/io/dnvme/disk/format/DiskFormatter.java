package io.dnvme.disk.format;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.disk.format.StoreOutcome.Done;
import io.dnvme.disk.format.StoreOutcome.Reason;
import io.dnvme.disk.format.StoreOutcome.Refused;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Makes a disk of a device:
 *
 * <pre>
 *   look ──► (overwrite: wipe the beginning, flush) ──► tables, flush ──► records, flush
 *        ──► first superblock, flush ──► second superblock, flush
 * </pre>
 *
 * A crash before the first superblock is on the medium leaves what is not a disk, and can be
 * formatted again. All extents begin as {@link ExtentTable.State#ZEROING}: whoever opens the disk
 * zeroes them (ZERO). Lives on one reactor.
 */
final class DiskFormatter {

  private final DeviceAccess access;
  private final DiskFormatOptions options;
  private final Consumer<StoreOutcome<UUID>> done;
  private final DiskLayout layout;
  private final SuperblockCopies superblocks;

  private DiskFormatter(
      DeviceAccess access,
      DiskFormatOptions options,
      DiskLayout layout,
      Consumer<StoreOutcome<UUID>> done) {
    this.access = access;
    this.options = options;
    this.layout = layout;
    this.done = done;
    superblocks = new SuperblockCopies(access);
  }

  static void start(
      Reactor reactor,
      BlockDevice device,
      DiskFormatOptions options,
      Consumer<StoreOutcome<UUID>> done) {
    DiskLayout layout;
    try {
      layout = DiskLayout.of(device.geometry(), options.extentBytes(), options.recordPages());
    } catch (IllegalArgumentException e) {
      done.accept(StoreOutcome.refused(Reason.INVALID, "cannot format: " + e.getMessage()));
      return;
    }
    new DiskFormatter(new DeviceAccess(reactor, device), options, layout, done).look();
  }

  private void look() {
    if (options.overwrite()) {
      wipe();
      return;
    }
    superblocks.read(found -> {
      switch (found) {
        case Done<SuperblockCopies.Found>(SuperblockCopies.Found copies) ->
            refuse(
                Reason.IN_USE,
                "it is disk %s of cluster %s already; overwrite it if its content may be lost"
                    .formatted(copies.superblock().diskId(), copies.superblock().clusterId()));
        case Refused<SuperblockCopies.Found>(Reason reason, String message) -> {
          if (reason == Reason.NOT_FORMATTED) {
            lookForContent();
          } else {
            refuse(
                reason == Reason.FAILED ? reason : Reason.IN_USE,
                message + "; overwrite it if its content may be lost");
          }
        }
      }
    });
  }

  private void lookForContent() {
    MemorySegment beginning = DeviceAccess.allocate(DiskLayout.TABLES_OFFSET_BYTES);
    access.read(
        0,
        beginning,
        0,
        beginning.byteSize(),
        status -> {
          if (!status.isSuccess()) {
            refuse(Reason.FAILED, "its beginning cannot be read: " + status);
          } else if (!ZeroCheck.isZero(beginning)) {
            refuse(
                Reason.IN_USE,
                "it holds something that is not dnvme's; overwrite it if its content may be lost");
          } else {
            formatTables();
          }
        });
  }

  private void wipe() {
    MemorySegment zeroes = DeviceAccess.allocate(DiskLayout.TABLES_OFFSET_BYTES);
    access.write(
        0,
        zeroes,
        0,
        zeroes.byteSize(),
        onSuccess(() -> access.flush(onSuccess(this::formatTables))));
  }

  private void formatTables() {
    PageStore.format(
        access.reactor(),
        access.device(),
        layout.tables(),
        superblock().tablesId(),
        // Zeroes say: no logical disk, and extents that are to be zeroed.
        (page, target, at) -> {},
        onSuccess(this::formatRecords));
  }

  private void formatRecords() {
    if (layout.records() == null) {
      writeSuperblocks();
      return;
    }
    PageStore.format(
        access.reactor(),
        access.device(),
        layout.records(),
        superblock().recordsId(),
        (page, target, at) -> {},
        onSuccess(this::writeSuperblocks));
  }

  private void writeSuperblocks() {
    superblocks.write(
        superblock(),
        List.of(0, 1),
        onSuccess(() -> done.accept(StoreOutcome.done(options.diskId()))));
  }

  private Superblock superblock() {
    return new Superblock(
        options.clusterId(), options.diskId(), layout, access.reactor().clock().wallMillis());
  }

  private Consumer<BlockStatus> onSuccess(Runnable next) {
    return status -> {
      if (status.isSuccess()) {
        next.run();
      } else {
        refuse(Reason.FAILED, "it cannot be written: " + status);
      }
    };
  }

  private void refuse(Reason reason, String what) {
    done.accept(StoreOutcome.refused(reason, "cannot format: " + what));
  }
}
