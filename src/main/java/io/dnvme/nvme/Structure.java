package io.dnvme.nvme;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * A data structure of the cold path, as a table of {@link Field}s over a buffer: identify data, log
 * pages, lists. What is not set stays as {@link #start} left it: zero.
 *
 * @param <S> the structure itself, for chained calls
 */
public abstract class Structure<S extends Structure<S>> extends Flyweight<S> {

  private final int size;

  /**
   * @param size bytes of the structure, without what may follow it
   */
  protected Structure(int size) {
    this.size = size;
  }

  /** Bytes of the structure, without what may follow it. */
  public final int size() {
    return size;
  }

  /** Zeroes the structure. */
  public final S start() {
    return zero(size);
  }

  /** The number; of one above 8 bytes the low 64 bits. */
  public final long get(Field.Number<S> field) {
    long value = 0;
    for (int i = Math.min(field.bytes(), Long.BYTES) - 1; i >= 0; i--) {
      value = value << 8 | u8(field.offset() + i);
    }
    return value;
  }

  /** Higher bits than the field has are dropped. */
  public final S set(Field.Number<S> field, long value) {
    for (int i = 0; i < field.bytes(); i++) {
      u8(field.offset() + i, i < Long.BYTES ? (int) (value >>> 8 * i) : 0);
    }
    return self();
  }

  /** The text without the blanks and NULs at its end. */
  public final String get(Field.Ascii<S> field) {
    String text = new String(bytes(field), StandardCharsets.US_ASCII);
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) <= ' ') {
      end--;
    }
    return text.substring(0, end);
  }

  /**
   * @throws IllegalArgumentException if the text is too long or not printable ASCII
   */
  public final S set(Field.Ascii<S> field, String text) {
    if (text.length() > field.bytes() || !text.chars().allMatch(c -> c >= ' ' && c <= '~')) {
      throw new IllegalArgumentException(
          "not up to " + field.bytes() + " printable ASCII characters: " + text);
    }
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < field.bytes(); i++) {
      u8(field.offset() + i, i < bytes.length ? bytes[i] : ' ');
    }
    return self();
  }

  /** The name, or null if it has no valid form; see {@link Nqn#read}. */
  public final String get(Field.Name<S> field) {
    return Nqn.read(segment(), offset() + field.offset());
  }

  /**
   * @throws IllegalArgumentException if the name is too long
   */
  public final S set(Field.Name<S> field, String name) {
    Nqn.write(segment(), offset() + field.offset(), name);
    return self();
  }

  public final byte[] get(Field.Bytes<S> field) {
    return bytes(field);
  }

  /**
   * @throws IllegalArgumentException if there are not as many bytes as the field has
   */
  public final S set(Field.Bytes<S> field, byte[] bytes) {
    if (bytes.length != field.bytes()) {
      throw new IllegalArgumentException(bytes.length + " bytes for a field of " + field.bytes());
    }
    MemorySegment.copy(
        bytes, 0, segment(), ValueLayout.JAVA_BYTE, offset() + field.offset(), bytes.length);
    return self();
  }

  /** A field of 16 bytes as a UUID, whose text form shows the bytes in their order. */
  public final UUID getUuid(Field.Bytes<S> field) {
    return UuidBytes.read(segment(), offset() + field.offset());
  }

  public final S setUuid(Field.Bytes<S> field, UUID uuid) {
    UuidBytes.write(segment(), offset() + field.offset(), uuid);
    return self();
  }

  private byte[] bytes(Field<S> field) {
    return segment()
        .asSlice(offset() + field.offset(), field.bytes())
        .toArray(ValueLayout.JAVA_BYTE);
  }
}
