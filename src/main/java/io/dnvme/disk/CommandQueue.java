package io.dnvme.disk;

import io.dnvme.block.BlockIo;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A bounded queue from several reactors to several threads, without locks or allocation.
 *
 * <p>Positions count up for ever; position p lives in cell p mod capacity. A cell's turn says what
 * may happen to it next:
 *
 * <pre>
 *   turn = p              empty: the producer that wins position p fills it
 *   turn = p + 1          full:  the consumer that wins position p empties it
 *   turn = p + capacity   empty again, one round later
 * </pre>
 */
final class CommandQueue {

  private static final VarHandle TAIL;
  private static final VarHandle HEAD;

  static {
    try {
      var lookup = MethodHandles.lookup();
      TAIL = lookup.findVarHandle(CommandQueue.class, "tail", long.class);
      HEAD = lookup.findVarHandle(CommandQueue.class, "head", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final int mask;
  private final BlockIo[] cells;
  private final AtomicLongArray turns;
  private volatile long tail;
  private volatile long head;

  /**
   * @param limit the least that it holds; rounded up to a power of two
   */
  CommandQueue(int limit) {
    int capacity = Math.max(Integer.highestOneBit(2 * limit - 1), 2);
    mask = capacity - 1;
    cells = new BlockIo[capacity];
    turns = new AtomicLongArray(capacity);
    for (int i = 0; i < capacity; i++) {
      turns.setPlain(i, i);
    }
    VarHandle.releaseFence();
  }

  int capacity() {
    return mask + 1;
  }

  /** False where it is full. */
  boolean offer(BlockIo io) {
    while (true) {
      long position = tail;
      long ahead = turns.getAcquire((int) position & mask) - position;
      if (ahead < 0) {
        return false;
      }
      if (ahead == 0 && TAIL.compareAndSet(this, position, position + 1)) {
        cells[(int) position & mask] = io;
        turns.setRelease((int) position & mask, position + 1);
        return true;
      }
    }
  }

  /** The oldest command, or null where there is none. */
  BlockIo poll() {
    while (true) {
      long position = head;
      int cell = (int) position & mask;
      long ahead = turns.getAcquire(cell) - (position + 1);
      if (ahead < 0) {
        return null;
      }
      if (ahead == 0 && HEAD.compareAndSet(this, position, position + 1)) {
        BlockIo io = cells[cell];
        cells[cell] = null;
        turns.setRelease(cell, position + capacity());
        return io;
      }
    }
  }

  boolean isEmpty() {
    long position = head;
    return turns.getAcquire((int) position & mask) - (position + 1) < 0;
  }
}
