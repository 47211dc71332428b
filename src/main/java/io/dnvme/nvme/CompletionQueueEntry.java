package io.dnvme.nvme;

/**
 * A command's completion (NVMe Base 2.0 §3.3.3.2). Over Fabrics the phase tag and the submission
 * queue's identifier are not used and stay zero (NVMe Base 2.0 §3.3.3.2, "reserved in Fabrics").
 */
public final class CompletionQueueEntry extends Flyweight<CompletionQueueEntry> {

  public static final int SIZE = 16;

  public static final int DW0 = 0;
  public static final int DW1 = 4;
  public static final int SQHD = 8;
  public static final int SQID = 10;
  public static final int CID = 12;
  public static final int STATUS = 14;

  /** The SQHD of a queue whose flow control is disabled. */
  public static final int SQHD_NO_FLOW_CONTROL = 0xffff;

  /**
   * Writes the whole entry.
   *
   * @param result dwords 0 (low) and 1
   * @param status as in {@link Status}
   */
  public CompletionQueueEntry complete(long result, int sqhd, int cid, int status) {
    u64(DW0, result);
    return u64(
        SQHD, (sqhd & 0xffffL) | (cid & 0xffffL) << 32 | ((long) status & Status.MASK) << 49);
  }

  public int dw0() {
    return i32(DW0);
  }

  public int dw1() {
    return i32(DW1);
  }

  /** Dwords 0 (low) and 1 together. */
  public long result() {
    return u64(DW0);
  }

  /** How far the controller has consumed the submission queue. */
  public int sqhd() {
    return u16(SQHD);
  }

  public int cid() {
    return u16(CID);
  }

  /** The 15 bits of the Status field without the phase tag; see {@link Status}. */
  public int status() {
    return u16(STATUS) >>> 1;
  }
}
