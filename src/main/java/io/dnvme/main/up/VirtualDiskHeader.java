package io.dnvme.main.up;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * What a directory keeps of a virtual disk beside its content: identity and size, written once. A
 * short text, so that a person can read it, ended by a checksum, so that damage is not believed:
 *
 * <pre>
 *   dnvme-virtual-disk 1
 *   name disk1
 *   uuid 6f9c…
 *   size-bytes 10737418240
 *   block-size-bytes 4096
 *   created 2026-11-21T07:00:00Z
 *   crc32c 1a2b3c4d
 * </pre>
 *
 * @param uuid never reused; the NQN, NGUID and serial number follow from it
 */
public record VirtualDiskHeader(
    String name, UUID uuid, long sizeBytes, int blockSizeBytes, Instant created) {

  private static final String MAGIC = "dnvme-virtual-disk";
  private static final int VERSION = 1;
  private static final String CHECKSUM = "crc32c";

  /** The header cannot be used; the message says why. */
  public static final class FormatException extends Exception {
    private static final long serialVersionUID = 1;

    FormatException(String message) {
      super(message);
    }
  }

  /** The text that stands in the file. */
  public String encode() {
    String body =
        MAGIC
            + " "
            + VERSION
            + "\nname "
            + name
            + "\nuuid "
            + uuid
            + "\nsize-bytes "
            + sizeBytes
            + "\nblock-size-bytes "
            + blockSizeBytes
            + "\ncreated "
            + created
            + "\n";
    return body + CHECKSUM + " " + checksum(body) + "\n";
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws FormatException where the text is of another kind or version, or damaged
   */
  public static VirtualDiskHeader decode(String text) throws FormatException {
    if (!text.startsWith(MAGIC + " ")) {
      throw new FormatException("it is not the header of a dnvme virtual disk");
    }
    String version = text.lines().findFirst().orElse("").substring(MAGIC.length() + 1);
    if (!version.equals(Integer.toString(VERSION))) {
      throw new FormatException(
          "it has format version " + version + "; this release reads version " + VERSION);
    }
    int checksumAt = text.lastIndexOf(CHECKSUM + " ");
    if (checksumAt < 0
        || !text.substring(checksumAt)
            .equals(CHECKSUM + " " + checksum(text.substring(0, checksumAt)) + "\n")) {
      throw new FormatException("it is damaged: its checksum does not match");
    }
    return fromFields(fields(text.substring(0, checksumAt)));
  }

  private static VirtualDiskHeader fromFields(Map<String, String> fields) throws FormatException {
    try {
      return new VirtualDiskHeader(
          fields.get("name"),
          UUID.fromString(fields.get("uuid")),
          Long.parseLong(fields.get("size-bytes")),
          Integer.parseInt(fields.get("block-size-bytes")),
          Instant.parse(fields.get("created")));
    } catch (RuntimeException e) {
      throw new FormatException("it lacks a field or has a wrong one: " + fields);
    }
  }

  private static Map<String, String> fields(String body) {
    var fields = new LinkedHashMap<String, String>();
    body.lines()
        .skip(1)
        .forEach(line -> {
          int space = line.indexOf(' ');
          if (space > 0) {
            fields.put(line.substring(0, space), line.substring(space + 1));
          }
        });
    return fields;
  }

  private static String checksum(String body) {
    var crc = new CRC32C();
    crc.update(body.getBytes(StandardCharsets.UTF_8));
    return String.format("%08x", crc.getValue());
  }
}
