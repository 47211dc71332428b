package io.dnvme.nvme;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;

/** Bytes as tests write them: hex digits with blanks and line ends anywhere. */
final class Hex {

  private Hex() {}

  /** The bytes in native memory, as all buffers of the data path are. */
  static MemorySegment segment(String hex) {
    return segment(HexFormat.of().parseHex(hex.replaceAll("\\s", "")));
  }

  static MemorySegment segment(byte[] bytes) {
    MemorySegment segment = Arena.ofAuto().allocate(Math.max(1, bytes.length));
    MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return segment.asSlice(0, bytes.length);
  }

  /** A buffer of {@code size} bytes that are not zero. */
  static MemorySegment dirty(long size) {
    return Arena.ofAuto().allocate(size).fill((byte) 0xee);
  }

  static String of(MemorySegment segment) {
    return HexFormat.of().formatHex(segment.toArray(ValueLayout.JAVA_BYTE));
  }

  static String of(MemorySegment segment, long offset, long length) {
    return of(segment.asSlice(offset, length));
  }

  /** {@code hex} without blanks, filled up with zero bytes to {@code size} bytes. */
  static String padded(String hex, int size) {
    String digits = hex.replaceAll("\\s", "");
    return digits + "00".repeat(size - digits.length() / 2);
  }

  /** Hex of {@code size} zero bytes but for the lines "offset: bytes" of {@code golden}. */
  static String sparse(int size, String golden) {
    var bytes = new byte[size];
    for (String line : golden.strip().lines().toList()) {
      String[] parts = line.split(":");
      byte[] run = HexFormat.of().parseHex(parts[1].replaceAll("\\s", ""));
      System.arraycopy(run, 0, bytes, Integer.parseInt(parts[0].strip()), run.length);
    }
    return HexFormat.of().formatHex(bytes);
  }
}
