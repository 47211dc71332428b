package io.dnvme.disk.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Whether memory holds zeroes only. */
final class ZeroCheck {

  private ZeroCheck() {}

  static boolean isZero(MemorySegment memory) {
    // A range that begins with zero and equals itself one byte further is zero.
    long size = memory.byteSize();
    return size == 0
        || memory.get(ValueLayout.JAVA_BYTE, 0) == 0
            && MemorySegment.mismatch(memory, 0, size - 1, memory, 1, size) < 0;
  }
}
