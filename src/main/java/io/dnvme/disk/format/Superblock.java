package io.dnvme.disk.format;

import static io.dnvme.disk.format.PageCodec.INT;
import static io.dnvme.disk.format.PageCodec.LONG;

import io.dnvme.block.BlockGeometry;
import io.dnvme.disk.format.StoreOutcome.Reason;
import io.dnvme.disk.format.StoreOutcome.Refused;
import io.dnvme.nvme.Crc32c;
import io.dnvme.nvme.UuidBytes;
import java.lang.foreign.MemorySegment;
import java.util.UUID;

/**
 * What a disk is, written once when it is formatted, in two copies. Little-endian, 4096 bytes, zero
 * where nothing is said:
 *
 * <pre>
 *    0  8  magic "dnvmDISK"
 *    8  4  format version
 *   16 16  cluster id
 *   32 16  disk id
 *   48  4  block size in bytes
 *   52  4  number of extents
 *   56  8  number of blocks
 *   64  8  extent size in bytes
 *   72  4  number of record pages
 *   80  8  offset of the first extent in bytes
 *   88  8  when it was formatted, in milliseconds since 1970
 *   96 16  id of the disk node whose disk it is, or zeroes
 * 4092  4  CRC32C of the bytes before
 * </pre>
 *
 * Magic and version stay where they are in all versions.
 */
record Superblock(
    UUID clusterId, UUID nodeId, UUID diskId, DiskLayout layout, long formattedAtMillis) {

  static final int SIZE_BYTES = 4096;
  static final int VERSION = 1;

  /** "dnvmDISK" read as a little-endian number. */
  static final long MAGIC = 0x4b534944_6d766e64L;

  private static final int VERSION_AT = 8;
  private static final int CLUSTER_AT = 16;
  private static final int DISK_AT = 32;
  private static final int BLOCK_SIZE_AT = 48;
  private static final int EXTENT_COUNT_AT = 52;
  private static final int BLOCK_COUNT_AT = 56;
  private static final int EXTENT_BYTES_AT = 64;
  private static final int RECORD_PAGES_AT = 72;
  private static final int FIRST_EXTENT_AT = 80;
  private static final int FORMATTED_AT = 88;
  private static final int NODE_AT = 96;
  private static final int CRC_AT = SIZE_BYTES - 4;

  private static final long TABLES_KIND = 1;
  private static final long RECORDS_KIND = 2;

  /** Names the pages of the tables. */
  UUID tablesId() {
    return derived(TABLES_KIND);
  }

  /** Names the pages of the records. */
  UUID recordsId() {
    return derived(RECORDS_KIND);
  }

  private UUID derived(long kind) {
    return new UUID(diskId.getMostSignificantBits(), diskId.getLeastSignificantBits() ^ kind);
  }

  void write(MemorySegment target) {
    target.asSlice(0, SIZE_BYTES).fill((byte) 0);
    target.set(LONG, 0, MAGIC);
    target.set(INT, VERSION_AT, VERSION);
    UuidBytes.write(target, CLUSTER_AT, clusterId);
    UuidBytes.write(target, DISK_AT, diskId);
    target.set(INT, BLOCK_SIZE_AT, layout.geometry().blockSizeBytes());
    target.set(INT, EXTENT_COUNT_AT, layout.extentCount());
    target.set(LONG, BLOCK_COUNT_AT, layout.geometry().blockCount());
    target.set(LONG, EXTENT_BYTES_AT, layout.extentBytes());
    target.set(INT, RECORD_PAGES_AT, layout.recordPages());
    target.set(LONG, FIRST_EXTENT_AT, layout.firstExtentOffsetBytes());
    target.set(LONG, FORMATTED_AT, formattedAtMillis);
    UuidBytes.write(target, NODE_AT, nodeId);
    target.set(INT, CRC_AT, new Crc32c().of(target, 0, CRC_AT));
  }

  /** What stands there: a superblock, or why not. */
  static StoreOutcome<Superblock> read(MemorySegment source) {
    if (source.get(LONG, 0) != MAGIC) {
      return StoreOutcome.refused(Reason.NOT_FORMATTED, "it is not formatted by dnvme");
    }
    int version = source.get(INT, VERSION_AT);
    if (version != VERSION) {
      return StoreOutcome.refused(
          Reason.OTHER_VERSION,
          "it has format version %d; this release reads version %d"
              .formatted(Integer.toUnsignedLong(version), VERSION));
    }
    if (source.get(INT, CRC_AT) != new Crc32c().of(source, 0, CRC_AT)) {
      return damaged("its checksum does not match");
    }
    try {
      var geometry =
          new BlockGeometry(source.get(INT, BLOCK_SIZE_AT), source.get(LONG, BLOCK_COUNT_AT));
      var layout =
          DiskLayout.of(
              geometry, source.get(LONG, EXTENT_BYTES_AT), source.get(INT, RECORD_PAGES_AT));
      if (layout.extentCount() != source.get(INT, EXTENT_COUNT_AT)
          || layout.firstExtentOffsetBytes() != source.get(LONG, FIRST_EXTENT_AT)) {
        return damaged("its sizes contradict each other");
      }
      return StoreOutcome.done(
          new Superblock(
              UuidBytes.read(source, CLUSTER_AT),
              UuidBytes.read(source, NODE_AT),
              UuidBytes.read(source, DISK_AT),
              layout,
              source.get(LONG, FORMATTED_AT)));
    } catch (IllegalArgumentException e) {
      return damaged(e.getMessage());
    }
  }

  /**
   * Whether something else was written where this superblock's copy was: damage leaves most of it.
   */
  boolean wasOverwritten(MemorySegment copy) {
    return copy.get(LONG, 0) != MAGIC
        && !UuidBytes.read(copy, DISK_AT).equals(diskId)
        && !ZeroCheck.isZero(copy);
  }

  private static Refused<Superblock> damaged(String why) {
    return StoreOutcome.refused(Reason.DAMAGED, "its superblock is damaged: " + why);
  }
}
