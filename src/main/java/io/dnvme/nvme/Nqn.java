package io.dnvme.nvme;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * NVMe qualified names, of hosts and of subsystems (NVMe Base 2.0 §4.5): {@code
 * nqn.yyyy-mm.reverse.domain:name}, or a UUID in a form of its own. At most 223 bytes of UTF-8; on
 * the wire in a field of 256 bytes filled up with NUL.
 */
public final class Nqn {

  /** The well-known name of every discovery service. */
  public static final String DISCOVERY = "nqn.2014-08.org.nvmexpress.discovery";

  public static final String UUID_PREFIX = "nqn.2014-08.org.nvmexpress:uuid:";

  /** The longest name, in bytes. */
  public static final int MAX_BYTES = 223;

  /** Bytes of the field that carries a name. */
  public static final int FIELD_SIZE = 256;

  private static final Pattern FORM =
      Pattern.compile(
          "nqn\\.\\d{4}-(?:0[1-9]|1[0-2])"
              + "(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"
              + "(?::[^\\p{Cntrl}]+)?");

  private static final Pattern UUID_FORM =
      Pattern.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  private Nqn() {}

  /** Whether {@code name} has the form of an NQN and fits. */
  public static boolean isValid(String name) {
    if (name.length() > MAX_BYTES
        || name.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES
        || !FORM.matcher(name).matches()) {
      return false;
    }
    return !name.startsWith(UUID_PREFIX)
        || UUID_FORM.matcher(name.substring(UUID_PREFIX.length())).matches();
  }

  public static String ofUuid(UUID uuid) {
    return UUID_PREFIX + uuid;
  }

  /**
   * The name in the field of 256 bytes at {@code offset}, or null: not ended by a NUL, or not an
   * NQN.
   */
  public static String read(MemorySegment segment, long offset) {
    String name = readAnyForm(segment, offset);
    return name != null && isValid(name) ? name : null;
  }

  /**
   * What stands in the field of 256 bytes at {@code offset}, of whatever form and possibly empty,
   * or null: not ended by a NUL in time.
   */
  public static String readAnyForm(MemorySegment segment, long offset) {
    int length = 0;
    while (length <= MAX_BYTES && segment.get(ValueLayout.JAVA_BYTE, offset + length) != 0) {
      length++;
    }
    if (length > MAX_BYTES) {
      return null;
    }
    var bytes = new byte[length];
    MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, offset, bytes, 0, length);
    // Malformed UTF-8 becomes U+FFFD: such a name equals none that was configured.
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /**
   * Writes the name into the field of 256 bytes at {@code offset}.
   *
   * @throws IllegalArgumentException if the name does not fit; its form is the caller's matter
   */
  public static void write(MemorySegment segment, long offset, String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > MAX_BYTES) {
      throw new IllegalArgumentException("NQN longer than " + MAX_BYTES + " bytes: " + name);
    }
    segment.asSlice(offset, FIELD_SIZE).fill((byte) 0);
    MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, offset, bytes.length);
  }
}
