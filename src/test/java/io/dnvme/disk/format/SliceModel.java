package io.dnvme.disk.format;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * What a logical disk's sectors may hold: each sector that is written carries a number, higher each
 * time, and after a crash holds one between what was flushed and what was asked for.
 */
final class SliceModel {

  private static final int SECTOR = PowerLossDevice.SECTOR_BYTES;

  /** Sectors of a write: across the end of an extent, where it is not at the end of the disk. */
  private static final int WRITE_BYTES = 8192;

  private final Random random;
  private final Map<Long, Integer> asked = new HashMap<>();
  private final Map<Long, Integer> written = new HashMap<>();
  private final Map<Long, Integer> flushed = new HashMap<>();
  private int numbers;
  private boolean writing;

  SliceModel(Random random) {
    this.random = random;
  }

  /** One at a time, so that which of two is the later one is known. */
  void write(ManualReactor reactor, DiskStore store, UUID id) {
    SliceDevice device = store.unguarded(id).orElse(null);
    if (device == null || writing) {
      return;
    }
    long extentBytes = OpenDisk.EXTENT_BYTES;
    long extents = device.geometry().sizeBytes() / extentBytes;
    long at = (1 + random.nextInt((int) extents)) * extentBytes - WRITE_BYTES;
    if (random.nextBoolean() && at + WRITE_BYTES < device.geometry().sizeBytes()) {
      at += WRITE_BYTES / 2;
    }
    int number = ++numbers;
    byte[] content = new byte[WRITE_BYTES];
    for (int sector = 0; sector < WRITE_BYTES; sector += SECTOR) {
      MemorySegment.ofArray(content).set(ValueLayout.JAVA_INT_UNALIGNED, sector, number);
    }
    int blockShift = device.geometry().blockShift();
    BlockIo io =
        new BlockIo(reactor).prepare(BlockOp.WRITE, at >> blockShift, WRITE_BYTES >> blockShift);
    io.data().add(MemorySegment.ofArray(content), 0, WRITE_BYTES);
    long first = at / SECTOR;
    put(asked, first, number);
    writing = true;
    io.onCompletion(
        done -> {
          writing = false;
          if (done.status().isSuccess()) {
            put(written, first, number);
          }
        },
        null);
    device.submit(io);
  }

  private static void put(Map<Long, Integer> numbers, long firstSector, int number) {
    for (int i = 0; i < WRITE_BYTES / SECTOR; i++) {
      numbers.put(firstSector + i, number);
    }
  }

  void flush(ManualReactor reactor, DiskStore store, UUID id, Consumer<BlockStatus> done) {
    SliceDevice device = store.unguarded(id).orElse(null);
    if (device == null) {
      return;
    }
    var before = new HashMap<>(written);
    device.submit(
        new BlockIo(reactor)
            .prepare(BlockOp.FLUSH, 0, 0)
            .onCompletion(
                io -> {
                  if (io.status().isSuccess()) {
                    before.forEach((sector, number) -> flushed.merge(sector, number, Math::max));
                  }
                  done.accept(io.status());
                },
                null));
  }

  /** What is missing after a crash, or null. What is found now counts as written, not flushed. */
  String lost(PowerLossDevice disk, DiskStore store, UUID id) {
    writing = false;
    DiskLayout layout =
        DiskLayout.of(disk.geometry(), OpenDisk.EXTENT_BYTES, OpenDisk.RECORD_PAGES);
    int[] extents = store.extentsOf(id);
    written.clear();
    for (long sector : asked.keySet()) {
      long at = sector * SECTOR;
      int extent = extents[(int) (at / OpenDisk.EXTENT_BYTES)];
      long diskAt =
          layout.extentBlock(extent) * disk.geometry().blockSizeBytes()
              + at % OpenDisk.EXTENT_BYTES;
      int number =
          MemorySegment.ofArray(disk.peek(diskAt, SECTOR)).get(ValueLayout.JAVA_INT_UNALIGNED, 0);
      if (number < flushed.getOrDefault(sector, 0) || number > asked.get(sector)) {
        return "sector %d is %d, flushed was %d".formatted(sector, number, flushed.get(sector));
      }
      written.put(sector, number);
    }
    return null;
  }
}
