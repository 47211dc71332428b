package io.dnvme.block;

import java.lang.foreign.MemorySegment;

/**
 * A piece of a {@link BufferPool}'s memory, aligned to 4 KiB. Has one owner, who gives it back
 * once.
 */
public final class Buffer {

  private final BufferPool pool;
  private final Object slab;
  private final MemorySegment segment;
  private boolean inUse;

  Buffer(BufferPool pool, Object slab, MemorySegment segment) {
    this.pool = pool;
    this.slab = slab;
    this.segment = segment;
  }

  /** The memory; at least as long as asked for. Its content is whatever was there before. */
  public MemorySegment segment() {
    return segment;
  }

  public int capacityBytes() {
    return (int) segment.byteSize();
  }

  /** Gives the buffer back to its pool; on the pool's reactor. */
  public void giveBack() {
    pool.giveBack(this);
  }

  Object slab() {
    return slab;
  }

  boolean inUse() {
    return inUse;
  }

  void inUse(boolean value) {
    inUse = value;
  }
}
