package io.dnvme.nvme;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A view of one structure inside a buffer: it reads and writes there and owns nothing.
 *
 * <p>One instance is wrapped around one place after another and never given away while it is in
 * use; it belongs to the thread that wraps it. Every access is checked against the segment's
 * bounds.
 *
 * @param <S> the structure itself, for chained calls
 */
public abstract class Flyweight<S extends Flyweight<S>> {

  private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private MemorySegment segment;
  private long offset;

  /** Views the structure that begins {@code offset} bytes into {@code segment}. */
  public final S wrap(MemorySegment segment, long offset) {
    this.segment = segment;
    this.offset = offset;
    return self();
  }

  /** The buffer that this views. */
  public final MemorySegment segment() {
    return segment;
  }

  /** Where in {@link #segment()} the structure begins, in bytes. */
  public final long offset() {
    return offset;
  }

  @SuppressWarnings("unchecked")
  final S self() {
    return (S) this;
  }

  /**
   * Zeroes {@code lengthBytes}, a multiple of 8, from the structure's beginning. Plain stores: a
   * slice to fill would be garbage wherever the compiler does not see through it.
   */
  final S zero(long lengthBytes) {
    for (long at = 0; at < lengthBytes; at += Long.BYTES) {
      segment.set(U64, offset + at, 0);
    }
    return self();
  }

  final int u8(long at) {
    return segment.get(U8, offset + at) & 0xff;
  }

  final int u16(long at) {
    return segment.get(U16, offset + at) & 0xffff;
  }

  /** All 32 bits; above 2^31 - 1 it is negative. */
  final int i32(long at) {
    return segment.get(U32, offset + at);
  }

  final long u32(long at) {
    return segment.get(U32, offset + at) & 0xffff_ffffL;
  }

  /** All 64 bits; above 2^63 - 1 it is negative. */
  final long u64(long at) {
    return segment.get(U64, offset + at);
  }

  final S u8(long at, int value) {
    segment.set(U8, offset + at, (byte) value);
    return self();
  }

  final S u16(long at, int value) {
    segment.set(U16, offset + at, (short) value);
    return self();
  }

  final S u32(long at, long value) {
    segment.set(U32, offset + at, (int) value);
    return self();
  }

  final S u64(long at, long value) {
    segment.set(U64, offset + at, value);
    return self();
  }
}
