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
  private static final int PAGE_BYTES = 4096;

  /** Shorter ranges are headers, which have just been written. */
  private static final int MIN_PAYLOAD_BYTES = 512;

  private final MemorySegment entries;
  private int count;

  /** Of what {@link #touch} read; kept, since nothing else makes the loads necessary. */
  private int touched;

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
      MemorySegment memory = ranges.segment(i);
      long from = ranges.offsetBytes(i) + skip;
      if (length - skip >= MIN_PAYLOAD_BYTES) {
        touch(memory, from, length - skip);
      }
      entries.set(ValueLayout.JAVA_LONG, at, memory.address() + from);
      entries.set(ValueLayout.JAVA_LONG, at + Long.BYTES, length - skip);
      listed += length - skip;
      skip = 0;
      count++;
    }
    return listed;
  }

  /**
   * Loads a byte of each page. Payload that a device lends has been in no cache for long, nor has
   * its address: here the misses of a whole batch are under way together, in the kernel's copy they
   * would come one after another. A tenth of a read's time.
   */
  private void touch(MemorySegment memory, long from, long lengthBytes) {
    int sum = touched;
    for (long at = from; at < from + lengthBytes; at += PAGE_BYTES) {
      sum += memory.get(ValueLayout.JAVA_BYTE, at);
    }
    touched = sum;
  }

  long address() {
    return entries.address();
  }

  int count() {
    return count;
  }
}
