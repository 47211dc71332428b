package io.dnvme.transport;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * Memory regions of {@link #REGION_BYTES}, lent to connections while bytes are under way between
 * socket and rules: what was received and not yet taken, what was copied aside and not yet sent. A
 * connection at rest holds none, so that tens of thousands of them cost nothing; one that is busy
 * mostly gets the region used last, which is still in the cache. On one reactor only.
 */
final class RegionPool {

  /** Address space; memory is taken as it is touched. */
  static final int REGION_BYTES = 2 << 20;

  /** Regions kept for the next ones to ask; the rest go back to the machine. */
  static final int MAX_FREE = 8;

  private final ArrayDeque<MemorySegment> free = new ArrayDeque<>(MAX_FREE);
  private int lent;

  MemorySegment take() {
    MemorySegment region = free.pollLast();
    if (region == null) {
      region = LibC.map(REGION_BYTES);
    }
    lent++;
    return region;
  }

  void giveBack(MemorySegment region) {
    lent--;
    if (free.size() < MAX_FREE) {
      free.addLast(region);
    } else {
      LibC.unmap(region);
    }
  }

  /** Regions out there. */
  int lent() {
    return lent;
  }

  /** Regions at hand. */
  int free() {
    return free.size();
  }

  /** Gives all memory back; none may be lent. */
  void close() {
    if (lent != 0) {
      throw new IllegalStateException(lent + " regions were not given back");
    }
    while (!free.isEmpty()) {
      LibC.unmap(free.removeLast());
    }
  }
}
