package io.dnvme.nvme.vendor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Reserved bytes: zero in this version, so that a later one can give them a meaning. */
final class ZeroBytes {

  private ZeroBytes() {}

  static boolean are(MemorySegment segment, long offset, long lengthBytes) {
    for (long at = offset; at < offset + lengthBytes; at++) {
      if (segment.get(ValueLayout.JAVA_BYTE, at) != 0) {
        return false;
      }
    }
    return true;
  }
}
