package io.dnvme.transport;

import io.dnvme.block.IoVector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The array of {@code struct iovec} that a gathered write takes: built just before the call from
 * ranges, used for it, and built anew for the next. One for a reactor.
 */
final class GatherList {

  /** IOV_MAX of Linux. */
  static final int MAX_ENTRIES = 1024;

  private static final int ENTRY_BYTES = 16;

  private final MemorySegment entries;
  private int count;

  GatherList(Arena arena) {
    entries = arena.allocate((long) MAX_ENTRIES * ENTRY_BYTES, ENTRY_BYTES);
  }

  /**
   * Lists the content of {@code ranges} from {@code fromBytes} on, as much as one call takes.
   *
   * @return the bytes listed
   */
  long build(IoVector ranges, long fromBytes) {
    count = 0;
    long skip = fromBytes;
    long listed = 0;
    for (int i = 0; i < ranges.count() && count < MAX_ENTRIES; i++) {
      long length = ranges.lengthBytes(i);
      if (skip >= length) {
        skip -= length;
        continue;
      }
      long at = (long) count * ENTRY_BYTES;
      entries.set(
          ValueLayout.JAVA_LONG, at, ranges.segment(i).address() + ranges.offsetBytes(i) + skip);
      entries.set(ValueLayout.JAVA_LONG, at + Long.BYTES, length - skip);
      listed += length - skip;
      skip = 0;
      count++;
    }
    return listed;
  }

  long address() {
    return entries.address();
  }

  int count() {
    return count;
  }
}
