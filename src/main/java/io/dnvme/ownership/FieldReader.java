package io.dnvme.ownership;

import io.dnvme.disk.admission.Epoch;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/** Reads what {@link FieldWriter} wrote; whatever else it is given is an exception of its own. */
final class FieldReader {

  /** Reads one element of a list. */
  interface Element<T> {
    T read() throws RecordFormatException;
  }

  /** Reads a whole format. */
  interface Body<T> {
    T read(FieldReader reader) throws RecordFormatException;
  }

  /** Magic, version, flags, length: what each format begins with. */
  static final int HEADER_BYTES = 16;

  static final int LENGTH_OFFSET = 12;

  private final ByteBuffer bytes;

  private FieldReader(byte[] content, int endOffset) {
    bytes = ByteBuffer.wrap(content, 0, endOffset).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Checks magic, version, length and checksum, and reads the body, which begins with the flags'
   * field and must end where the checksum begins.
   */
  static <T> T open(
      byte[] content, long magic, int version, String what, int maxBytes, Body<T> body)
      throws RecordFormatException {
    if (content.length < HEADER_BYTES + Integer.BYTES) {
      throw new RecordFormatException(what + " is cut short: " + content.length + " bytes");
    }
    var reader = new FieldReader(content, content.length - Integer.BYTES);
    if (reader.u64() != magic) {
      throw new RecordFormatException("it is no " + what);
    }
    int found = reader.u16();
    if (found != version) {
      throw new RecordFormatException(
          what + " has format version " + found + "; this release reads version " + version);
    }
    if (content.length > maxBytes || reader.bytes.getInt(LENGTH_OFFSET) != content.length) {
      throw new RecordFormatException(what + " has a wrong length: " + content.length + " bytes");
    }
    var crc = new CRC32C();
    crc.update(content, 0, content.length - Integer.BYTES);
    int sum =
        ByteBuffer.wrap(content)
            .order(ByteOrder.LITTLE_ENDIAN)
            .getInt(content.length - Integer.BYTES);
    if (sum != (int) crc.getValue()) {
      throw new RecordFormatException(what + " is damaged: its checksum does not match");
    }
    try {
      T value = body.read(reader);
      if (reader.bytes.hasRemaining()) {
        throw new RecordFormatException(what + " has more bytes than fields");
      }
      return value;
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new RecordFormatException(what + " has a wrong field: " + e.getMessage(), e);
    }
  }

  int u8() {
    return bytes.get() & 0xFF;
  }

  int u16() {
    return bytes.getShort() & 0xFFFF;
  }

  int u32() {
    return bytes.getInt();
  }

  long u64() {
    return bytes.getLong();
  }

  UUID uuid() {
    long most = Long.reverseBytes(u64());
    return new UUID(most, Long.reverseBytes(u64()));
  }

  Epoch epoch() {
    return new Epoch(u64(), uuid());
  }

  String text() throws RecordFormatException {
    byte[] utf8 = raw(u16());
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw new RecordFormatException("a text is not UTF-8", e);
    }
  }

  <T> List<T> list(int max, Element<T> element) throws RecordFormatException {
    int count = u16();
    if (count > max) {
      throw new RecordFormatException("a list has " + count + " elements, the most is " + max);
    }
    var values = new ArrayList<T>(count);
    for (int i = 0; i < count; i++) {
      values.add(element.read());
    }
    return values;
  }

  byte[] raw(int length) {
    if (length < 0 || length > bytes.remaining()) {
      throw new BufferUnderflowException();
    }
    var value = new byte[length];
    bytes.get(value);
    return value;
  }
}
