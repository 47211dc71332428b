package io.dnvme.disk.format;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockStatus;
import io.dnvme.disk.format.StoreOutcome.Done;
import io.dnvme.disk.format.StoreOutcome.Reason;
import io.dnvme.disk.format.StoreOutcome.Refused;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Both copies of a disk's superblock. They are never changed, so one that is valid suffices; two
 * that differ are nobody's. One reactor.
 */
final class SuperblockCopies {

  /**
   * What the copies say together.
   *
   * @param badCopies those that are not valid
   * @param repairable those of them that can be read, so that writing them is no risk: on a dying
   *     sector it would fail, and the disk with it
   */
  record Found(Superblock superblock, List<Integer> badCopies, List<Integer> repairable) {}

  /**
   * One copy.
   *
   * @param image null where it cannot be read
   */
  private record Copy(MemorySegment image, StoreOutcome<Superblock> content) {}

  private final DeviceAccess access;

  SuperblockCopies(DeviceAccess access) {
    this.access = access;
  }

  private int imageBytes() {
    return Math.max(Superblock.SIZE_BYTES, access.geometry().blockSizeBytes());
  }

  private long block(int copy) {
    return DiskLayout.SUPERBLOCK_OFFSETS_BYTES[copy] >> access.geometry().blockShift();
  }

  /** Reads and judges them. Changes nothing. */
  void read(Consumer<StoreOutcome<Found>> done) {
    long needed = DiskLayout.TABLES_OFFSET_BYTES;
    if (access.geometry().sizeBytes() < needed) {
      done.accept(
          StoreOutcome.refused(
              Reason.NOT_FORMATTED,
              "it is not formatted by dnvme: it has only %d bytes"
                  .formatted(access.geometry().sizeBytes())));
      return;
    }
    read(0, new ArrayList<>(), done);
  }

  private void read(int copy, List<Copy> copies, Consumer<StoreOutcome<Found>> done) {
    if (copy == DiskLayout.SUPERBLOCK_OFFSETS_BYTES.length) {
      done.accept(judge(copies));
      return;
    }
    MemorySegment image = DeviceAccess.allocate(imageBytes());
    access.read(
        block(copy),
        image,
        0,
        imageBytes(),
        status -> {
          switch (status) {
            case SUCCESS -> copies.add(new Copy(image, Superblock.read(image)));
            case READ_FAULT ->
                copies.add(
                    new Copy(
                        null,
                        StoreOutcome.refused(Reason.DAMAGED, "its superblock cannot be read")));
            default -> {
              done.accept(
                  StoreOutcome.refused(Reason.FAILED, "its superblock cannot be read: " + status));
              return;
            }
          }
          read(copy + 1, copies, done);
        });
  }

  private static StoreOutcome<Found> judge(List<Copy> copies) {
    Superblock found = null;
    Refused<Superblock> worst = null;
    var bad = new ArrayList<Integer>();
    for (int copy = 0; copy < copies.size(); copy++) {
      switch (copies.get(copy).content()) {
        case Done<Superblock>(Superblock superblock) -> {
          if (found != null && !found.equals(superblock)) {
            return StoreOutcome.refused(
                Reason.DAMAGED,
                "its superblocks name two disks, %s and %s"
                    .formatted(found.diskId(), superblock.diskId()));
          }
          found = superblock;
        }
        case Refused<Superblock> refused -> {
          bad.add(copy);
          if (worst == null || refused.reason().compareTo(worst.reason()) > 0) {
            worst = refused;
          }
        }
      }
    }
    boolean otherVersion = worst != null && worst.reason() == Reason.OTHER_VERSION;
    return found == null || otherVersion ? worst.as() : repairable(found, copies, bad);
  }

  /** Who writes a partition table or the like on a disk of ours wants it for something else. */
  private static StoreOutcome<Found> repairable(
      Superblock found, List<Copy> copies, List<Integer> bad) {
    var repairable = new ArrayList<Integer>();
    for (int copy : bad) {
      MemorySegment image = copies.get(copy).image();
      if (image == null) {
        continue;
      }
      if (found.wasOverwritten(image)) {
        return StoreOutcome.refused(
            Reason.IN_USE,
            "it was disk %s, and something that is not dnvme's was written over the superblock at byte %d since; write zeroes there to have it back"
                .formatted(found.diskId(), DiskLayout.SUPERBLOCK_OFFSETS_BYTES[copy]));
      }
      repairable.add(copy);
    }
    return StoreOutcome.done(new Found(found, List.copyOf(bad), repairable));
  }

  /**
   * Whether a disk with this superblock may be used, or the refusal.
   *
   * @param geometry the device's now
   */
  static <T> Refused<T> refusal(Superblock superblock, UUID clusterId, BlockGeometry geometry) {
    if (!superblock.clusterId().equals(clusterId)) {
      return StoreOutcome.refused(
          Reason.OTHER_CLUSTER,
          "disk %s belongs to cluster %s, not to %s; format it anew if it is to change over"
              .formatted(superblock.diskId(), superblock.clusterId(), clusterId));
    }
    BlockGeometry formatted = superblock.layout().geometry();
    if (formatted.blockSizeBytes() != geometry.blockSizeBytes()
        || formatted.blockCount() > geometry.blockCount()) {
      return StoreOutcome.refused(
          Reason.INVALID,
          ("disk %s was formatted with %d blocks of %d bytes and now has %d of %d; use it as it was,"
                  + " or format it anew")
              .formatted(
                  superblock.diskId(),
                  formatted.blockCount(),
                  formatted.blockSizeBytes(),
                  geometry.blockCount(),
                  geometry.blockSizeBytes()));
    }
    return null;
  }

  /** Writes copies one after another, flushed each. */
  void write(Superblock superblock, List<Integer> copies, Consumer<BlockStatus> done) {
    if (copies.isEmpty()) {
      done.accept(BlockStatus.SUCCESS);
      return;
    }
    MemorySegment image = DeviceAccess.allocate(imageBytes());
    superblock.write(image);
    access.write(
        block(copies.getFirst()),
        image,
        0,
        imageBytes(),
        status -> {
          if (status.isSuccess()) {
            access.flush(flushed -> {
              if (flushed.isSuccess()) {
                write(superblock, copies.subList(1, copies.size()), done);
              } else {
                done.accept(flushed);
              }
            });
          } else {
            done.accept(status);
          }
        });
  }
}
