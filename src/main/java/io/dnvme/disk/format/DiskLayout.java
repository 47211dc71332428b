package io.dnvme.disk.format;

import io.dnvme.block.BlockGeometry;

/**
 * Where everything lies on a physical disk; follows from its size, its block size and its options
 * alone. In bytes from the disk's beginning:
 *
 * <pre>
 *   0        superblock, first copy
 *   512 KiB  mark: that it is being formatted; later, that a flush has failed
 *   1 MiB    superblock, second copy
 *   2 MiB    scratch: where a way of zeroing is tried out
 *   3 MiB    tables: pages of the logical-disk table, then of the extent table; copies A, copies B
 *   …        records: the pages of a record holder; copies A, copies B
 *   …        extents, one after another, from a multiple of 1 MiB on
 * </pre>
 *
 * @param extentBytes size of an extent
 * @param extentCount how many there are
 * @param logicalDiskPages how many pages of the tables are the logical-disk table's
 * @param tables both tables
 * @param records null where the disk keeps no records
 * @param firstExtentOffsetBytes where the extents begin
 */
record DiskLayout(
    BlockGeometry geometry,
    long extentBytes,
    int extentCount,
    int logicalDiskPages,
    PageLayout tables,
    PageLayout records,
    long firstExtentOffsetBytes) {

  static final long MIN_EXTENT_BYTES = 4L << 20;
  static final long MAX_EXTENT_BYTES = 100L << 30;

  /** What all parts are aligned to; an extent's size is a multiple of it. */
  static final long UNIT_BYTES = 1 << 20;

  /** What the extent table may take of memory bounds it: 128 MiB. */
  static final int MAX_EXTENTS = 1 << 22;

  static final int MAX_LOGICAL_DISKS = 16 << 10;

  static final long[] SUPERBLOCK_OFFSETS_BYTES = {0, UNIT_BYTES};
  static final long FAILURE_MARK_OFFSET_BYTES = 512 << 10;
  static final long SCRATCH_OFFSET_BYTES = 2 * UNIT_BYTES;
  static final long SCRATCH_BYTES = UNIT_BYTES;

  static final long TABLES_OFFSET_BYTES = 3 * UNIT_BYTES;

  /** A leg's record takes a page. */
  static final int RECORD_PAGE_BYTES = 16 << 10;

  private static final int TABLE_PAGE_BYTES = 4 << 10;

  /**
   * As many extents as fit.
   *
   * @throws IllegalArgumentException where the sizes make no disk; the message says why
   */
  static DiskLayout of(BlockGeometry geometry, long extentBytes, int recordPages) {
    if (extentBytes < MIN_EXTENT_BYTES
        || extentBytes > MAX_EXTENT_BYTES
        || extentBytes % UNIT_BYTES != 0) {
      throw new IllegalArgumentException(
          "an extent has 4 MiB to 100 GiB, a multiple of 1 MiB, not " + extentBytes + " bytes");
    }
    if (recordPages < 0 || recordPages > PageLayout.MAX_PAGES) {
      throw new IllegalArgumentException(
          "0 to " + PageLayout.MAX_PAGES + " records can be kept, not " + recordPages);
    }
    long most = geometry.sizeBytes() / extentBytes;
    if (most > MAX_EXTENTS) {
      throw new IllegalArgumentException(
          "%d extents of %d bytes are more than the %d that a disk can have; choose larger ones"
              .formatted(most, extentBytes, MAX_EXTENTS));
    }
    // The tables shrink with the number of extents: what does not fit is given up one by one.
    for (int extents = (int) most; extents > 0; extents--) {
      DiskLayout layout = with(geometry, extentBytes, extents, recordPages);
      if (layout.firstExtentOffsetBytes + extents * extentBytes <= geometry.sizeBytes()) {
        return layout;
      }
    }
    throw new IllegalArgumentException(
        "%d bytes are too few for the tables and one extent of %d bytes"
            .formatted(geometry.sizeBytes(), extentBytes));
  }

  private static DiskLayout with(
      BlockGeometry geometry, long extentBytes, int extents, int recordPages) {
    int blockBytes = geometry.blockSizeBytes();
    int tablePageBytes = Math.max(TABLE_PAGE_BYTES, blockBytes);
    int payloadBytes = tablePageBytes - PageCodec.HEADER_BYTES;
    int logicalDisks = Math.min(extents, MAX_LOGICAL_DISKS);
    int logicalDiskPages = pages(logicalDisks, payloadBytes / LogicalDiskTable.ENTRY_BYTES);
    int extentPages = pages(extents, payloadBytes / ExtentTable.ENTRY_BYTES);
    var tables =
        new PageLayout(
            TABLES_OFFSET_BYTES / blockBytes, tablePageBytes, logicalDiskPages + extentPages);
    long end = aligned(TABLES_OFFSET_BYTES + tables.regionBytes());
    PageLayout records = null;
    if (recordPages > 0) {
      records =
          new PageLayout(end / blockBytes, Math.max(RECORD_PAGE_BYTES, blockBytes), recordPages);
      end = aligned(end + records.regionBytes());
    }
    return new DiskLayout(geometry, extentBytes, extents, logicalDiskPages, tables, records, end);
  }

  int recordPages() {
    return records == null ? 0 : records.pageCount();
  }

  int maxLogicalDisks() {
    return Math.min(extentCount, MAX_LOGICAL_DISKS);
  }

  long extentBlocks() {
    return extentBytes / geometry.blockSizeBytes();
  }

  /** First block of an extent. */
  long extentBlock(int extent) {
    return firstExtentOffsetBytes / geometry.blockSizeBytes() + extent * extentBlocks();
  }

  private static int pages(int entries, int entriesOfPage) {
    return (entries + entriesOfPage - 1) / entriesOfPage;
  }

  private static long aligned(long offsetBytes) {
    return (offsetBytes + UNIT_BYTES - 1) / UNIT_BYTES * UNIT_BYTES;
  }
}
