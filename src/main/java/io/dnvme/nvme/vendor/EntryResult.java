package io.dnvme.nvme.vendor;

/**
 * What became of one entry of an envelope. A reply says it for each entry of its request, in their
 * order. Only {@link #DONE} and {@link #FAILED} may have changed anything; every other result
 * leaves the node as it was.
 */
public enum EntryResult {
  /** Done, and durable where it is to be. */
  DONE(0x01),
  /** A higher epoch, or the same number of another incarnation, has been promised or admitted. */
  LOWER_EPOCH(0x02),
  /** A newer generation has been accepted at that epoch. */
  OLDER_GENERATION(0x03),
  /** That generation has another content, or that identifier another owner or size. */
  CONFLICT(0x04),
  /** The present owner's lease has to lapse first; the entry says how long that takes. */
  WAIT(0x05),
  /** No such leg or logical disk here; for a leg it counts for no majority. */
  UNKNOWN(0x06),
  /** The holder has left the leg's holder set; the body names its successors. */
  RETIRED(0x07),
  /** The epoch was released: it never serves again. */
  RELEASED(0x08),
  /** No room left. */
  FULL(0x09),
  /** The store has failed while doing it: whether it is done is not known. */
  FAILED(0x0a),
  /** What is asked for makes no sense to this node. */
  INVALID(0x0b),
  /** Who asks may not do that now (NO-LEAK). */
  NOT_PERMITTED(0x0c),
  /** The holder did not promise that epoch; what it promised is lower. */
  NOT_PROMISED(0x0d);

  private final int code;

  EntryResult(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  /** The result of that code, or null. */
  static EntryResult find(int code) {
    return code >= 1 && code <= values().length ? values()[code - 1] : null;
  }
}
