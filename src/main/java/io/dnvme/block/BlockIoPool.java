package io.dnvme.block;

import java.util.ArrayDeque;

/**
 * The commands of one owner on one reactor: reused, never more than its limit at a time. Touched on
 * that reactor only.
 */
public final class BlockIoPool {

  private final Reactor reactor;
  private final int limit;
  private final ArrayDeque<BlockIo> free = new ArrayDeque<>();
  private int created;

  public BlockIoPool(Reactor reactor, int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("a pool's limit must be positive, not " + limit);
    }
    this.reactor = reactor;
    this.limit = limit;
  }

  /** A command to use, or null where the limit is reached. */
  public BlockIo tryAcquire() {
    BlockIo io = free.pollLast();
    if (io != null) {
      return io;
    }
    if (created == limit) {
      return null;
    }
    created++;
    return new BlockIo(reactor);
  }

  /** Gives a completed command back; views it was lent are given back first. */
  public void giveBack(BlockIo io) {
    io.release();
    free.addLast(io);
  }

  /** Commands that were acquired and not given back. */
  public int inUse() {
    return created - free.size();
  }

  public int limit() {
    return limit;
  }
}
