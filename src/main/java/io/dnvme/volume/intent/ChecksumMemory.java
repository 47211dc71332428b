package io.dnvme.volume.intent;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How much memory the pages of checksums of many members may take together. A member's first {@link
 * #SLAB_PAGES} are its own, whatever others have; more come from here, as many pages at a time, and
 * where nothing is left the member makes do with what it has. Of any thread.
 */
public final class ChecksumMemory {

  /** Pages that a member gets at once. */
  public static final int SLAB_PAGES = 64;

  /** A page, and both of its copies on their way to or from the medium. */
  static final int PAGE_BYTES = 3 * MemberLayout.PAGE_BYTES;

  /** Of a process, beside the members' first ones: what 21 members have that have most. */
  public static final long DEFAULT_LIMIT_BYTES = 256L << 20;

  /** For all members of this process. */
  public static final ChecksumMemory OF_PROCESS = new ChecksumMemory(DEFAULT_LIMIT_BYTES);

  private final AtomicInteger slabsLeft;

  /**
   * @param limitBytes rounded down to what {@link #SLAB_PAGES} need
   */
  public ChecksumMemory(long limitBytes) {
    slabsLeft = new AtomicInteger((int) (limitBytes / ((long) SLAB_PAGES * PAGE_BYTES)));
  }

  boolean tryTake() {
    return slabsLeft.getAndUpdate(left -> Math.max(left - 1, 0)) > 0;
  }

  void giveBack(int slabs) {
    slabsLeft.addAndGet(slabs);
  }

  int slabsLeft() {
    return slabsLeft.get();
  }
}
