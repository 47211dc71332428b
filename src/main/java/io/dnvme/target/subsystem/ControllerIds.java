package io.dnvme.target.subsystem;

import java.util.BitSet;

/**
 * Controller identifiers (CNTLID) of one subsystem that this node gives out. Any thread; used when
 * controllers come and go only.
 *
 * <p>An identifier that was given back is used again as late as possible: a host that is slow to
 * see its controller gone does not take a new one for it.
 */
public final class ControllerIds {

  /** In place of an identifier: the limit is reached. */
  public static final int NONE = -1;

  private final int first;
  private final int size;
  private final int maxControllers;
  private final BitSet used = new BitSet();
  private int next;

  /**
   * @param firstCntlid first identifier to give out
   * @param lastCntlid last one
   * @param maxControllers controllers that may exist at once
   */
  public ControllerIds(int firstCntlid, int lastCntlid, int maxControllers) {
    this.first = firstCntlid;
    this.size = lastCntlid - firstCntlid + 1;
    this.maxControllers = maxControllers;
  }

  /** An identifier that no controller has; {@link #NONE} where the most controllers exist. */
  public synchronized int allocate() {
    if (used.cardinality() == maxControllers) {
      return NONE;
    }
    int free = used.nextClearBit(next);
    if (free >= size) {
      free = used.nextClearBit(0);
    }
    used.set(free);
    next = (free + 1) % size;
    return first + free;
  }

  /** The controller is gone; its identifier may be given out again. */
  public synchronized void release(int cntlid) {
    if (cntlid < first || cntlid >= first + size || !used.get(cntlid - first)) {
      throw new IllegalArgumentException("no controller has the identifier " + cntlid);
    }
    used.clear(cntlid - first);
  }

  /** Controllers that exist. */
  public synchronized int inUse() {
    return used.cardinality();
  }
}
