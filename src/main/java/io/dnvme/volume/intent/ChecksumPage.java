package io.dnvme.volume.intent;

import io.dnvme.nvme.Crc32c;
import java.lang.foreign.MemorySegment;

/**
 * A page of the checksums at rest, for {@link #ENTRIES} blocks of data in a row.
 *
 * <pre>
 *   0  CRC32C of each block (4 each)      4084  sequence (8)      4092  CRC32C of all the rest (4)
 * </pre>
 *
 * All fields are little-endian. A page has two copies, A and B, side by side; the higher sequence
 * of the whole ones is the page, and an even sequence stands in A. Each is written, durably, over
 * the older one: a torn write leaves the newer as it was (NO-SILENT-LOSS). Copies of zeroes were
 * never written: their blocks are not vouched for.
 */
final class ChecksumPage {

  /** Blocks of one page. */
  static final int ENTRIES = (MemberLayout.PAGE_BYTES - Long.BYTES - Integer.BYTES) / Integer.BYTES;

  private static final int SEQUENCE_OFFSET = ENTRIES * Integer.BYTES;
  private static final int CRC_OFFSET = SEQUENCE_OFFSET + Long.BYTES;

  private ChecksumPage() {}

  static int get(MemorySegment page, int entry) {
    return page.get(PageFormat.INT, (long) entry * Integer.BYTES);
  }

  static void set(MemorySegment page, int entry, int checksum) {
    page.set(PageFormat.INT, (long) entry * Integer.BYTES, checksum);
  }

  static long sequence(MemorySegment page) {
    return page.get(PageFormat.LONG, SEQUENCE_OFFSET);
  }

  static void seal(MemorySegment page, long sequence, Crc32c crc) {
    page.set(PageFormat.LONG, SEQUENCE_OFFSET, sequence);
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
