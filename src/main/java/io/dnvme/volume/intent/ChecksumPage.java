package io.dnvme.volume.intent;

import io.dnvme.nvme.Crc32c;
import java.lang.foreign.MemorySegment;

/**
 * A page of checksums at rest: the CRC32C of {@link #ENTRIES} blocks of data in a row.
 *
 * <pre>
 *   0  CRC32C of each block (4 each)      4092  CRC32C of the page's other bytes (4)
 * </pre>
 *
 * All fields are little-endian. A page of zeroes was never written: its blocks are not vouched for.
 */
final class ChecksumPage {

  /** Blocks of one page. */
  static final int ENTRIES = MemberLayout.PAGE_BYTES / Integer.BYTES - 1;

  private static final int CRC_OFFSET = ENTRIES * Integer.BYTES;

  private ChecksumPage() {}

  static int get(MemorySegment page, int entry) {
    return page.get(PageFormat.INT, (long) entry * Integer.BYTES);
  }

  static void set(MemorySegment page, int entry, int checksum) {
    page.set(PageFormat.INT, (long) entry * Integer.BYTES, checksum);
  }

  static void seal(MemorySegment page, Crc32c crc) {
    page.set(PageFormat.INT, CRC_OFFSET, crc.of(page, 0, CRC_OFFSET));
  }

  static boolean isBlank(MemorySegment page) {
    for (long at = 0; at < MemberLayout.PAGE_BYTES; at += Long.BYTES) {
      if (page.get(PageFormat.LONG, at) != 0) {
        return false;
      }
    }
    return true;
  }

  static boolean isWhole(MemorySegment page, Crc32c crc) {
    return page.get(PageFormat.INT, CRC_OFFSET) == crc.of(page, 0, CRC_OFFSET);
  }
}
