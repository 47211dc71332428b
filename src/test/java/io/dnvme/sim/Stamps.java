package io.dnvme.sim;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What hosts write: each write's blocks carry a number that no other write has, and the block's own
 * place, over their whole length. A block of zeroes is 0.
 */
final class Stamps {

  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  /** In place of a stamp: the block is neither zeroes nor any one write's. */
  static final long TORN = -1;

  private Stamps() {}

  static void write(MemorySegment memory, long offset, int blockBytes, long block, long stamp) {
    memory.set(LONG, offset, stamp);
    for (int at = Long.BYTES; at < blockBytes; at += Long.BYTES) {
      memory.set(LONG, offset + at, pattern(stamp, block, at));
    }
  }

  /** The block's stamp, or {@link #TORN}. */
  static long read(MemorySegment memory, long offset, int blockBytes, long block) {
    long stamp = memory.get(LONG, offset);
    for (int at = Long.BYTES; at < blockBytes; at += Long.BYTES) {
      long expected = stamp == 0 ? 0 : pattern(stamp, block, at);
      if (memory.get(LONG, offset + at) != expected) {
        return TORN;
      }
    }
    return stamp;
  }

  private static long pattern(long stamp, long block, int at) {
    return (stamp * 0x9e37_79b9_7f4a_7c15L + block) ^ (long) at << 40;
  }
}
