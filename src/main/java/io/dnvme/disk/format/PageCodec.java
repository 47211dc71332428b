package io.dnvme.disk.format;

import io.dnvme.nvme.Crc32c;
import io.dnvme.nvme.UuidBytes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.UUID;

/**
 * One copy of a page as it stands on the medium. Numbers are little-endian:
 *
 * <pre>
 *    0  8  magic "dnvmPAGE"
 *    8  4  format version
 *   12  4  page index
 *   16 16  store id: pages of an earlier formatting are not taken for this one's
 *   32  8  sequence: 1 at first, one more with each change
 *   40  4  bytes of payload
 *   44 16  zero
 *   60  4  CRC32C of all the other bytes
 *   64     payload
 * </pre>
 *
 * Used by one thread.
 */
final class PageCodec {

  static final int HEADER_BYTES = 64;

  /** What {@link #sequence} says of bytes that are not a copy of the page. */
  static final long NOT_VALID = 0;

  static final long FIRST_SEQUENCE = 1;

  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int VERSION = 1;

  /** "dnvmPAGE" read as a little-endian number. */
  private static final long MAGIC = 0x45474150_6d766e64L;

  private static final int VERSION_AT = 8;
  private static final int PAGE_AT = 12;
  private static final int STORE_AT = 16;
  private static final int SEQUENCE_AT = 32;
  private static final int PAYLOAD_BYTES_AT = 40;
  private static final int RESERVED_AT = 44;
  private static final int RESERVED_BYTES = 16;
  private static final int CRC_AT = 60;

  private final PageLayout layout;
  private final UUID storeId;
  private final Crc32c crc = new Crc32c();

  PageCodec(PageLayout layout, UUID storeId) {
    this.layout = layout;
    this.storeId = storeId;
  }

  /** Puts a header before the payload that stands at {@code at + HEADER_BYTES} already. */
  void seal(MemorySegment image, long at, int page, long sequence) {
    image.set(LONG, at, MAGIC);
    image.set(INT, at + VERSION_AT, VERSION);
    image.set(INT, at + PAGE_AT, page);
    UuidBytes.write(image, at + STORE_AT, storeId);
    image.set(LONG, at + SEQUENCE_AT, sequence);
    image.set(INT, at + PAYLOAD_BYTES_AT, layout.payloadBytes());
    image.asSlice(at + RESERVED_AT, RESERVED_BYTES).fill((byte) 0);
    image.set(INT, at + CRC_AT, digest(image, at));
  }

  /** The sequence of the page's copy that stands at {@code at}, or {@link #NOT_VALID}. */
  long sequence(MemorySegment image, long at, int page) {
    boolean valid =
        image.get(LONG, at) == MAGIC
            && image.get(INT, at + VERSION_AT) == VERSION
            && image.get(INT, at + PAGE_AT) == page
            && image.get(INT, at + PAYLOAD_BYTES_AT) == layout.payloadBytes()
            && UuidBytes.read(image, at + STORE_AT).equals(storeId)
            && image.get(INT, at + CRC_AT) == digest(image, at);
    return valid ? Math.max(image.get(LONG, at + SEQUENCE_AT), NOT_VALID) : NOT_VALID;
  }

  private int digest(MemorySegment image, long at) {
    return crc.reset()
        .update(image, at, CRC_AT)
        .update(image, at + HEADER_BYTES, layout.payloadBytes())
        .value();
  }
}
