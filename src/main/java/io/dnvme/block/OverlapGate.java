package io.dnvme.block;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Consumer;

/**
 * Lets commands that do not overlap through at once and has the others wait, so that no block is
 * read half written and a compare-and-write is one step, although several reactors and I/O threads
 * use a device. Commands that change blocks are alone on them; others share.
 *
 * <p>The device's regions of 4 KiB map onto a fixed table of slots, modulo a prime: neighbours stay
 * neighbours, and the powers of two at which formats like to put things spread out. Two regions on
 * one slot wait for each other needlessly, nothing worse. A slot is an int:
 *
 * <pre>
 *   bit 31: commands wait   bit 30: held by one that changes   bits 29..0: number of sharing holders
 * </pre>
 *
 * <p>A command takes its slots one by one in ascending order, holding what it has while it waits
 * for the next, so waiting cannot become circular. Once a slot has a queue, newcomers join it, so a
 * stream of readers cannot starve a writer. Whoever takes the last hold off a slot with a queue
 * hands it to the oldest waiter (and the sharing ones right behind it) and goes on taking slots on
 * its behalf.
 *
 * <p>Without a conflict nothing is locked or allocated: one compare-and-set a region to enter, one
 * atomic subtraction to leave. Only the queues have a lock, held for a few instructions.
 *
 * <p>Any thread. A waiting command lends the gate its {@link BlockIo#link} and {@link
 * BlockIo#progress}.
 */
public final class OverlapGate {

  /** log2 of a region's size. */
  public static final int REGION_SHIFT = 12;

  /** Slots of the table; the largest prime below 2^14. The most that one command ever takes. */
  public static final int SLOTS = 16_381;

  private static final int SHARED = 1;
  private static final int EXCLUSIVE = 1 << 30;
  private static final int WAITERS = 1 << 31;

  private final int blockShift;
  private final PerReactor<ReactorInbox> inboxes;
  private final AtomicIntegerArray slots = new AtomicIntegerArray(SLOTS);

  // The queues: guarded by this array's monitor.
  private final BlockIo[] oldest = new BlockIo[SLOTS];
  private final BlockIo[] newest = new BlockIo[SLOTS];

  /**
   * @param entered told, on the command's own reactor, of each command that had to wait and is in
   */
  public OverlapGate(BlockGeometry geometry, Consumer<BlockIo> entered) {
    blockShift = geometry.blockShift();
    inboxes = new PerReactor<>(reactor -> new ReactorInbox(reactor, entered));
  }

  /**
   * Lets {@code io}, which has at least one block, in: true at once, or false and told later, after
   * the calling task of its reactor.
   */
  public boolean enter(BlockIo io) {
    return goOn(io, 0);
  }

  /** {@code io}, with its operation and range as they were, is out; from any thread. */
  public void leave(BlockIo io) {
    int hold = io.op().changes() ? EXCLUSIVE : SHARED;
    int count = slotCount(io);
    int first = firstSlot(io, count);
    for (int i = 0; i < count; i++) {
      int slot = first + i;
      giveUp(slot < SLOTS ? slot : slot - SLOTS, hold);
    }
  }

  /** Whether nobody is in and nobody waits. */
  public boolean isIdle() {
    for (int slot = 0; slot < SLOTS; slot++) {
      if (slots.get(slot) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Takes the slots from the {@code from}th on; false where it now waits for one. */
  private boolean goOn(BlockIo io, int from) {
    boolean exclusive = io.op().changes();
    int count = slotCount(io);
    int first = firstSlot(io, count);
    // Where the run of slots goes over the table's end, its part at the beginning comes first.
    int wrapped = Math.max(first + count - SLOTS, 0);
    for (int i = from; i < count; i++) {
      int slot = i < wrapped ? i : first + i - wrapped;
      if (!tryTake(slot, exclusive) && !takeOrWait(slot, exclusive, io, i + 1)) {
        return false;
      }
    }
    return true;
  }

  private boolean tryTake(int slot, boolean exclusive) {
    if (exclusive) {
      return slots.compareAndSet(slot, 0, EXCLUSIVE);
    }
    int state = slots.get(slot);
    while ((state & (EXCLUSIVE | WAITERS)) == 0) {
      int seen = slots.compareAndExchange(slot, state, state + SHARED);
      if (seen == state) {
        return true;
      }
      state = seen;
    }
    return false;
  }

  /** Joins the slot's queue, to go on with the slot {@code next}; true where it came free. */
  private boolean takeOrWait(int slot, boolean exclusive, BlockIo io, int next) {
    synchronized (oldest) {
      while (true) {
        if (tryTake(slot, exclusive)) {
          return true;
        }
        int state = slots.get(slot);
        if ((state & WAITERS) != 0
            || state != 0 && slots.compareAndSet(slot, state, state | WAITERS)) {
          break;
        }
      }
      io.progress(next);
      io.link(null);
      if (oldest[slot] == null) {
        oldest[slot] = io;
      } else {
        newest[slot].link(io);
      }
      newest[slot] = io;
      return false;
    }
  }

  private void giveUp(int slot, int hold) {
    // Nobody enters a slot that has waiters, so only its last holder sees it come down to that bit.
    if (slots.addAndGet(slot, -hold) == WAITERS) {
      BlockIo io = handOver(slot);
      while (io != null) {
        BlockIo other = io.link();
        if (goOn(io, (int) io.progress())) {
          inboxes.of(io.reactor()).push(io);
        }
        io = other;
      }
    }
  }

  /** Gives the slot to its oldest waiter, or to all sharing ones up to the first that changes. */
  private BlockIo handOver(int slot) {
    synchronized (oldest) {
      BlockIo first = oldest[slot];
      BlockIo last = first;
      int holds = EXCLUSIVE;
      if (!first.op().changes()) {
        holds = SHARED;
        while (last.link() != null && !last.link().op().changes()) {
          last = last.link();
          holds += SHARED;
        }
      }
      oldest[slot] = last.link();
      if (oldest[slot] == null) {
        newest[slot] = null;
      } else {
        holds |= WAITERS;
      }
      last.link(null);
      slots.set(slot, holds);
      return first;
    }
  }

  private int slotCount(BlockIo io) {
    return (int) Math.min(lastRegion(io) - firstRegion(io) + 1, SLOTS);
  }

  private int firstSlot(BlockIo io, int count) {
    return count == SLOTS ? 0 : (int) (firstRegion(io) % SLOTS);
  }

  private long firstRegion(BlockIo io) {
    return io.startBlock() << blockShift >> REGION_SHIFT;
  }

  private long lastRegion(BlockIo io) {
    return ((io.startBlock() + io.blockCount() << blockShift) - 1) >> REGION_SHIFT;
  }
}
