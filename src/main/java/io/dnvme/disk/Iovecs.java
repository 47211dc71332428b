package io.dnvme.disk;

import io.dnvme.block.IoVector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The array of iovec structures of one thread, in which it tells the kernel of memory ranges. */
final class Iovecs {

  /** The most ranges of one call; a longer vector takes several. */
  static final int LIMIT = 64;

  private static final long STRUCT_BYTES = 16;

  private final MemorySegment array;

  Iovecs(Arena arena) {
    array = arena.allocate(LIMIT * STRUCT_BYTES, Long.BYTES);
  }

  long address() {
    return array.address();
  }

  /** Names the first {@code lengthBytes} of {@code memory}; gives the array's address. */
  long single(MemorySegment memory, long lengthBytes) {
    set(0, memory.address(), lengthBytes);
    return address();
  }

  /** Names {@code vector} from {@code skipBytes} on, or its first LIMIT ranges; says how many. */
  int fill(IoVector vector, long skipBytes) {
    long skip = skipBytes;
    int filled = 0;
    for (int i = 0; i < vector.count() && filled < LIMIT; i++) {
      long length = vector.lengthBytes(i);
      if (skip >= length) {
        skip -= length;
        continue;
      }
      set(filled++, vector.segment(i).address() + vector.offsetBytes(i) + skip, length - skip);
      skip = 0;
    }
    return filled;
  }

  private void set(int index, long address, long lengthBytes) {
    array.set(ValueLayout.JAVA_LONG, index * STRUCT_BYTES, address);
    array.set(ValueLayout.JAVA_LONG, index * STRUCT_BYTES + Long.BYTES, lengthBytes);
  }
}
