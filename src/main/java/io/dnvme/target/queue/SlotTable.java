package io.dnvme.target.queue;

import io.dnvme.nvme.SubmissionQueueEntry;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The commands in flight of one queue pair: at most one for each entry of the queue, made when
 * first needed and then reused; and the identifiers that the host has in use.
 */
final class SlotTable {

  private static final int SLOTS_PER_CHUNK = 16;

  private final TargetConnection connection;
  private final Arena arena;
  private CommandSlot[] slots;
  private CommandSlot free;
  private int made;
  private int inUse;
  private MemorySegment chunk;
  private final long[] cids = new long[(1 << 16) / Long.SIZE];

  /** Commands are kept in {@code arena}. */
  SlotTable(TargetConnection connection, Arena arena, int limit) {
    this.connection = connection;
    this.arena = arena;
    slots = new CommandSlot[limit];
  }

  /** The queue has this many entries from now on; not fewer than before. */
  void grow(int limit) {
    slots = Arrays.copyOf(slots, Math.max(limit, slots.length));
  }

  /** A free slot, or null where as many commands are in flight as the queue has entries. */
  CommandSlot tryAcquire() {
    CommandSlot slot = free;
    if (slot != null) {
      free = slot.link();
      slot.link(null);
    } else if (made < slots.length) {
      slot = make();
    } else {
      return null;
    }
    inUse++;
    return slot;
  }

  void giveBack(CommandSlot slot) {
    slot.link(free);
    free = slot;
    inUse--;
  }

  int inUse() {
    return inUse;
  }

  /** How many slots were ever made: valid indexes for {@link #at}. */
  int made() {
    return made;
  }

  CommandSlot at(int index) {
    return slots[index];
  }

  /** Marks an identifier; false where it is in use already. */
  boolean ownCid(int cid) {
    long bit = 1L << cid;
    int word = cid >>> 6;
    if ((cids[word] & bit) != 0) {
      return false;
    }
    cids[word] |= bit;
    return true;
  }

  void disownCid(int cid) {
    cids[cid >>> 6] &= ~(1L << cid);
  }

  /** The command with that identifier which the host waits for, or null. */
  CommandSlot find(int cid) {
    for (int i = 0; i < made; i++) {
      CommandSlot slot = slots[i];
      boolean inFlight =
          switch (slot.state()) {
            case ACTIVE, WAITING_DATA, WAITING_MEMORY -> true;
            case FREE, ANSWERED, WRITING -> false;
          };
      if (inFlight && slot.sqe().cid() == cid) {
        return slot;
      }
    }
    return null;
  }

  private CommandSlot make() {
    int place = made % SLOTS_PER_CHUNK;
    if (place == 0) {
      chunk = arena.allocate((long) SLOTS_PER_CHUNK * SubmissionQueueEntry.SIZE, 64);
    }
    var slot = new CommandSlot(connection, made, chunk, (long) place * SubmissionQueueEntry.SIZE);
    slots[made++] = slot;
    return slot;
  }
}
