package io.dnvme.nvme;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.UUID;

/**
 * Identifiers of 16 bytes (host id, UUID, NGUID) are sent in the order in which a UUID's text shows
 * them (RFC 4122 §4.1.2), unlike every number.
 */
public final class UuidBytes {

  public static final int SIZE = 16;

  private static final ValueLayout.OfLong BIG_ENDIAN =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private UuidBytes() {}

  public static UUID read(MemorySegment segment, long offset) {
    return new UUID(segment.get(BIG_ENDIAN, offset), segment.get(BIG_ENDIAN, offset + Long.BYTES));
  }

  public static void write(MemorySegment segment, long offset, UUID uuid) {
    segment.set(BIG_ENDIAN, offset, uuid.getMostSignificantBits());
    segment.set(BIG_ENDIAN, offset + Long.BYTES, uuid.getLeastSignificantBits());
  }
}
