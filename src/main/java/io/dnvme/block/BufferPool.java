package io.dnvme.block;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * Memory for data on its way through one reactor: bounded, reused, off the heap. Touched on that
 * reactor only.
 *
 * <p>Memory comes in slabs of {@link #SLAB_BYTES}. A slab in use is cut into buffers of one size
 * class (powers of two from {@link #MIN_BUFFER_BYTES}); when all its buffers are back it returns to
 * the free slabs and may be cut differently, so that no mix of sizes starves another for good:
 *
 * <pre>
 *   free slabs ──cut──► class 4 KiB | 8 KiB | … | 2 MiB: slabs that have a free buffer
 *        ▲                                  │ all buffers back
 *        └──────────────────────────────────┘
 * </pre>
 */
public final class BufferPool {

  public static final int MIN_BUFFER_BYTES = 4 << 10;
  public static final int SLAB_BYTES = 2 << 20;

  /** The most that one buffer can hold. */
  public static final int MAX_BUFFER_BYTES = SLAB_BYTES;

  private static final int MIN_SHIFT = Integer.numberOfTrailingZeros(MIN_BUFFER_BYTES);
  private static final int CLASSES = Integer.numberOfTrailingZeros(SLAB_BYTES) - MIN_SHIFT + 1;

  /** A slab's buffers; knows its class only through them. */
  private static final class Slab {
    private final MemorySegment memory;
    private final ArrayDeque<Buffer> free = new ArrayDeque<>();
    private int sizeClass;
    private int buffers;

    Slab(MemorySegment memory) {
      this.memory = memory;
    }
  }

  private final Arena arena;
  private final int slabLimit;
  private Buffer reserve;
  private final ArrayDeque<Slab> freeSlabs = new ArrayDeque<>();
  private final ArrayDeque<Slab>[] available;
  private final ArrayDeque<Runnable> waiters = new ArrayDeque<>();
  private int slabs;
  private int inUse;
  private long inUseBytes;

  /**
   * @param limitBytes the most memory that the pool ever takes; rounded up to whole slabs
   */
  public BufferPool(long limitBytes) {
    this(limitBytes, Arena.ofShared());
  }

  /** As above, with memory that lives as long as {@code arena}; {@link #close} ends that. */
  @SuppressWarnings({"unchecked", "rawtypes"})
  public BufferPool(long limitBytes, Arena arena) {
    if (limitBytes < 1) {
      throw new IllegalArgumentException("a pool's limit must be positive, not " + limitBytes);
    }
    this.arena = arena;
    slabLimit = Math.toIntExact((limitBytes + SLAB_BYTES - 1) / SLAB_BYTES);
    available = new ArrayDeque[CLASSES];
    for (int i = 0; i < CLASSES; i++) {
      available[i] = new ArrayDeque<>();
    }
  }

  /**
   * A buffer of at least {@code lengthBytes}, or null where the limit is reached: then wait with
   * {@link #whenAvailable}.
   */
  public Buffer tryAcquire(int lengthBytes) {
    if (lengthBytes < 1 || lengthBytes > MAX_BUFFER_BYTES) {
      throw new IllegalArgumentException(
          "a buffer holds 1 to " + MAX_BUFFER_BYTES + " bytes, not " + lengthBytes);
    }
    int sizeClass = sizeClass(lengthBytes);
    ArrayDeque<Slab> candidates = available[sizeClass];
    Slab slab = candidates.peekLast();
    if (slab == null) {
      slab = cutSlab(sizeClass);
      if (slab == null) {
        return null;
      }
      candidates.addLast(slab);
    }
    Buffer buffer = slab.free.pollLast();
    if (slab.free.isEmpty()) {
      candidates.removeLast();
    }
    buffer.inUse(true);
    inUse++;
    inUseBytes += buffer.capacityBytes();
    return buffer;
  }

  /**
   * The one buffer of {@link #MAX_BUFFER_BYTES} that is kept beside the limit for those on whom
   * others wait that hold memory, so that they cannot wait for each other; null while it is in use.
   * Who has it must not wait for memory of this pool before it is given back.
   */
  public Buffer tryAcquireReserve() {
    if (reserve == null) {
      reserve = new Buffer(this, null, arena.allocate(MAX_BUFFER_BYTES, MIN_BUFFER_BYTES));
    }
    if (reserve.inUse()) {
      return null;
    }
    reserve.inUse(true);
    inUse++;
    return reserve;
  }

  /** Runs {@code waiter} once, within the call that next gives memory back. */
  public void whenAvailable(Runnable waiter) {
    waiters.addLast(waiter);
  }

  /** Takes a waiter back that has not run. */
  public void cancelWait(Runnable waiter) {
    waiters.remove(waiter);
  }

  /** Buffers that were acquired and not given back. */
  public int inUse() {
    return inUse;
  }

  /** What the limit leaves for further buffers, in bytes. */
  public long freeBytes() {
    return limitBytes() - inUseBytes;
  }

  /** Memory taken from the machine so far, the reserve aside. */
  public long takenBytes() {
    return (long) slabs * SLAB_BYTES;
  }

  public long limitBytes() {
    return (long) slabLimit * SLAB_BYTES;
  }

  /** Frees all memory. No buffer may be in use, nor any operation on one under way. */
  public void close() {
    if (inUse != 0) {
      throw new IllegalStateException(inUse + " buffers were not given back");
    }
    arena.close();
  }

  void giveBack(Buffer buffer) {
    if (!buffer.inUse()) {
      throw new IllegalStateException("buffer given back twice");
    }
    buffer.inUse(false);
    inUse--;
    if (buffer == reserve) {
      wakeWaiters();
      return;
    }
    inUseBytes -= buffer.capacityBytes();
    Slab slab = (Slab) buffer.slab();
    slab.free.addLast(buffer);
    if (slab.free.size() == 1) {
      available[slab.sizeClass].addFirst(slab);
    }
    if (slab.free.size() == slab.buffers) {
      retire(slab);
    }
    wakeWaiters();
  }

  /** Each class keeps its last slab at hand, so that the steady state cuts nothing. */
  private void retire(Slab slab) {
    ArrayDeque<Slab> candidates = available[slab.sizeClass];
    if (candidates.size() > 1) {
      candidates.remove(slab);
      freeSlabs.addLast(slab);
    }
  }

  private Slab cutSlab(int sizeClass) {
    Slab slab = freeSlabs.pollLast();
    if (slab == null) {
      slab = slabs < slabLimit ? newSlab() : reclaimWholeSlab();
    }
    if (slab == null) {
      return null;
    }
    boolean fresh = slab.buffers == 0;
    if (fresh || slab.sizeClass != sizeClass) {
      cut(slab, sizeClass);
    }
    return slab;
  }

  private Slab newSlab() {
    slabs++;
    return new Slab(arena.allocate(SLAB_BYTES, MIN_BUFFER_BYTES));
  }

  /** A whole slab that another class kept at hand. */
  private Slab reclaimWholeSlab() {
    for (ArrayDeque<Slab> candidates : available) {
      for (Slab slab : candidates) {
        if (slab.free.size() == slab.buffers) {
          candidates.remove(slab);
          return slab;
        }
      }
    }
    return null;
  }

  private void cut(Slab slab, int sizeClass) {
    int bufferBytes = MIN_BUFFER_BYTES << sizeClass;
    slab.sizeClass = sizeClass;
    slab.buffers = SLAB_BYTES / bufferBytes;
    slab.free.clear();
    for (int i = slab.buffers - 1; i >= 0; i--) {
      slab.free.addLast(
          new Buffer(this, slab, slab.memory.asSlice((long) i * bufferBytes, bufferBytes)));
    }
  }

  private void wakeWaiters() {
    for (int waiting = waiters.size(); waiting > 0; waiting--) {
      Runnable waiter = waiters.pollFirst();
      if (waiter == null) {
        return;
      }
      waiter.run();
    }
  }

  private static int sizeClass(int lengthBytes) {
    int shift = 32 - Integer.numberOfLeadingZeros(lengthBytes - 1);
    return Math.max(shift - MIN_SHIFT, 0);
  }
}
