package io.dnvme.disk.format;

import java.util.BitSet;

/** Which extents are free to be taken; in memory only. One thread. */
final class FreeExtents {

  private final BitSet free = new BitSet();

  void add(int extent) {
    free.set(extent);
  }

  int count() {
    return free.cardinality();
  }

  /**
   * Takes extents for a logical disk: right behind {@code last} where they are free, else one after
   * another, else the first ones.
   *
   * @param count at most {@link #count}
   * @param last the last extent that it has already, or -1
   */
  int[] take(int count, int last) {
    int run = last >= 0 && isRun(last + 1, count) ? last + 1 : firstRun(count);
    var taken = new int[count];
    int extent = run >= 0 ? run : 0;
    for (int i = 0; i < count; i++) {
      extent = free.nextSetBit(extent);
      taken[i] = extent;
      free.clear(extent);
    }
    return taken;
  }

  private boolean isRun(int first, int count) {
    return free.get(first) && free.nextClearBit(first) - first >= count;
  }

  private int firstRun(int count) {
    int first = free.nextSetBit(0);
    while (first >= 0) {
      int end = free.nextClearBit(first);
      if (end - first >= count) {
        return first;
      }
      first = free.nextSetBit(end);
    }
    return -1;
  }
}
