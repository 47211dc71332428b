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
 *   look ──► (overwrite: wipe the beginning, flush) ──► mark that it is being formatted, flush
 *        ──► tables, flush ──► records, flush ──► first superblock, flush ──► second superblock, flush
 *        ──► take the mark away, flush
 * </pre>
 *
 * Only what is zero is taken for new: before the extents, where tables of a disk may be whose
 * beginning was discarded, and at the end, where partitions and arrays keep what they say of
 * themselves. A crash before the first superblock is on the medium leaves what is not a disk, and
 * by its mark can be formatted again. All extents begin as {@link ExtentTable.State#ZEROING}:
 * whoever opens the disk zeroes them (ZERO). Lives on one reactor.
 */
final class DiskFormatter {

  private static final String OVERWRITE =
      "dnvme disk-node --format makes it anew, if its content may be lost";

  /** "dnvmFORM" read as a little-endian number, where a failure would be marked later. */
  private static final long MARK = 0x4d524f46_6d766e64L;

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
                "it is disk %s of cluster %s already; "
                        .formatted(copies.superblock().diskId(), copies.superblock().clusterId())
                    + OVERWRITE);
        case Refused<SuperblockCopies.Found>(Reason reason, String message) -> {
          if (reason == Reason.NOT_FORMATTED) {
            lookForContent();
          } else {
            refuse(reason == Reason.FAILED ? reason : Reason.IN_USE, message + "; " + OVERWRITE);
          }
        }
      }
    });
  }

  private void lookForContent() {
    long markBlock = markBlock();
    MemorySegment page = DeviceAccess.allocate(markBytes());
    access.read(
        markBlock,
        page,
        0,
        page.byteSize(),
        onRead(() -> {
          if (page.get(PageCodec.LONG, 0) == MARK) {
            lookAroundTheMark();
          } else {
            lookForContent(0, layout.firstExtentOffsetBytes(), this::lookAtTheEnd);
          }
        }));
  }

  /** Tables may be there already; whatever else there is came later, and is not ours. */
  private void lookAroundTheMark() {
    long mark = DiskLayout.FAILURE_MARK_OFFSET_BYTES;
    lookForContent(
        0,
        mark,
        () ->
            lookForContent(mark + markBytes(), DiskLayout.TABLES_OFFSET_BYTES, this::lookAtTheEnd));
  }

  private void lookAtTheEnd() {
    long size = access.geometry().sizeBytes();
    lookForContent(size - DiskLayout.UNIT_BYTES, size, this::mark);
  }

  private void lookForContent(long from, long to, Runnable none) {
    if (from >= to) {
      none.run();
      return;
    }
    MemorySegment part = DeviceAccess.allocate(Math.min(DiskLayout.UNIT_BYTES, to - from));
    access.read(
        from >> access.geometry().blockShift(),
        part,
        0,
        part.byteSize(),
        onRead(() -> {
          if (ZeroCheck.isZero(part)) {
            lookForContent(from + part.byteSize(), to, none);
          } else {
            refuse(Reason.IN_USE, "it holds something that is not dnvme's; " + OVERWRITE);
          }
        }));
  }

  private Consumer<BlockStatus> onRead(Runnable next) {
    return status -> {
      if (status.isSuccess()) {
        next.run();
      } else {
        refuse(Reason.FAILED, "it cannot be read: " + status);
      }
    };
  }

  private void wipe() {
    MemorySegment zeroes = DeviceAccess.allocate(DiskLayout.TABLES_OFFSET_BYTES);
    access.write(
        0, zeroes, 0, zeroes.byteSize(), onSuccess(() -> access.flush(onSuccess(this::mark))));
  }

  private long markBlock() {
    return DiskLayout.FAILURE_MARK_OFFSET_BYTES >> access.geometry().blockShift();
  }

  private int markBytes() {
    return Math.max(FailureMark.SIZE_BYTES, access.geometry().blockSizeBytes());
  }

  private void mark() {
    MemorySegment page = DeviceAccess.allocate(markBytes());
    page.set(PageCodec.LONG, 0, MARK);
    writeMark(page, this::formatTables);
  }

  private void writeMark(MemorySegment page, Runnable next) {
    access.write(
        markBlock(), page, 0, page.byteSize(), onSuccess(() -> access.flush(onSuccess(next))));
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
        onSuccess(() ->
            writeMark(
                DeviceAccess.allocate(markBytes()),
                () -> done.accept(StoreOutcome.done(options.diskId())))));
  }

  private Superblock superblock() {
    return new Superblock(
        options.clusterId(),
        options.nodeId(),
        options.diskId(),
        layout,
        access.reactor().clock().wallMillis());
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
