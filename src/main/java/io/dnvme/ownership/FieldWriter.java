package io.dnvme.ownership;

import io.dnvme.disk.admission.Epoch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * Writes the fields of a format one after another: numbers little-endian, UUIDs in the order of
 * their text, texts and lists after their length. Grows as needed; one use, one thread.
 */
final class FieldWriter {

  private static final int INITIAL_BYTES = 1024;

  private ByteBuffer bytes = ByteBuffer.allocate(INITIAL_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  FieldWriter u8(int value) {
    room(1).put((byte) value);
    return this;
  }

  FieldWriter u16(int value) {
    room(2).putShort((short) value);
    return this;
  }

  FieldWriter u32(int value) {
    room(4).putInt(value);
    return this;
  }

  FieldWriter u64(long value) {
    room(8).putLong(value);
    return this;
  }

  FieldWriter uuid(UUID value) {
    return u64(Long.reverseBytes(value.getMostSignificantBits()))
        .u64(Long.reverseBytes(value.getLeastSignificantBits()));
  }

  FieldWriter epoch(Epoch value) {
    return u64(value.number()).uuid(value.incarnation());
  }

  FieldWriter text(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    u16(utf8.length);
    room(utf8.length).put(utf8);
    return this;
  }

  <T> FieldWriter list(List<T> values, Consumer<T> each) {
    u16(values.size());
    values.forEach(each);
    return this;
  }

  FieldWriter raw(byte[] value) {
    room(value.length).put(value);
    return this;
  }

  /** Ends the format: writes the whole length at {@code lengthAt} and appends the checksum. */
  byte[] sealed(int lengthAt) {
    bytes.putInt(lengthAt, bytes.position() + Integer.BYTES);
    var crc = new CRC32C();
    crc.update(bytes.array(), 0, bytes.position());
    u32((int) crc.getValue());
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  private ByteBuffer room(int more) {
    if (bytes.remaining() < more) {
      var grown =
          ByteBuffer.allocate(Math.max(2 * bytes.capacity(), bytes.position() + more))
              .order(ByteOrder.LITTLE_ENDIAN);
      bytes = grown.put(bytes.flip());
    }
    return bytes;
  }
}
