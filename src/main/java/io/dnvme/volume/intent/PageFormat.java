package io.dnvme.volume.intent;

import io.dnvme.nvme.Crc32c;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * What all pages of a member's header have in common: magic, version, sequence and a CRC32C over
 * the whole page.
 *
 * <p>Every page has two copies. A write goes to the copy that holds the older content, so that a
 * torn write leaves the newer one as it was; the higher sequence of the whole copies is the page.
 *
 * <p>And every page says in which {@linkplain HeaderAges generation} it was written.
 */
final class PageFormat {

  static final int VERSION = 2;

  static final int MAGIC_OFFSET = 0;
  static final int VERSION_OFFSET = 8;
  static final int SEQUENCE_OFFSET = 24;
  static final int CRC_OFFSET = 60;

  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong NETWORK_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private PageFormat() {}

  /** Eight ASCII characters as they stand on the medium. */
  static long magic(String text) {
    return MemorySegment.ofArray(text.getBytes(StandardCharsets.US_ASCII)).get(LONG, 0);
  }

  /** Empties the page and writes what every page begins with. */
  static void begin(MemorySegment memory, long magic, long sequence) {
    memory.asSlice(0, MemberLayout.PAGE_BYTES).fill((byte) 0);
    memory.set(LONG, MAGIC_OFFSET, magic);
    memory.set(INT, VERSION_OFFSET, VERSION);
    memory.set(LONG, SEQUENCE_OFFSET, sequence);
  }

  static void seal(MemorySegment memory, Crc32c crc) {
    memory.set(INT, CRC_OFFSET, checksum(memory, crc));
  }

  /** Whether the page has this magic and its checksum is right, whatever its version. */
  static boolean isWhole(MemorySegment memory, long magic, Crc32c crc) {
    return memory.get(LONG, MAGIC_OFFSET) == magic
        && memory.get(INT, CRC_OFFSET) == checksum(memory, crc);
  }

  static int version(MemorySegment memory) {
    return memory.get(INT, VERSION_OFFSET);
  }

  static long sequence(MemorySegment memory) {
    return memory.get(LONG, SEQUENCE_OFFSET);
  }

  /** The copy (0 or 1) in which the page of this sequence stands. */
  static int copyOf(long sequence) {
    return (int) (sequence & 1);
  }

  static void putUuid(MemorySegment memory, long offset, UUID uuid) {
    memory.set(NETWORK_LONG, offset, uuid.getMostSignificantBits());
    memory.set(NETWORK_LONG, offset + Long.BYTES, uuid.getLeastSignificantBits());
  }

  static UUID uuid(MemorySegment memory, long offset) {
    return new UUID(
        memory.get(NETWORK_LONG, offset), memory.get(NETWORK_LONG, offset + Long.BYTES));
  }

  private static int checksum(MemorySegment memory, Crc32c crc) {
    long rest = CRC_OFFSET + Integer.BYTES;
    return crc.reset()
        .update(memory, 0, CRC_OFFSET)
        .update(memory, rest, MemberLayout.PAGE_BYTES - rest)
        .value();
  }
}
