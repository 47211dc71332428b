package io.dnvme.nvme.vendor;

/** What a controller asks a record holder for (RECORD, OWNER, LEASE). */
public enum RecordOp {
  /** Would the holder promise the epoch? Changes nothing. */
  PROBE(0x01),
  /** What the holder has of the leg. Changes nothing. */
  READ(0x02),
  /**
   * To refuse lower epochs from now on, durably, of a leg that the holder knows; answered with what
   * it has.
   */
  PROMISE(0x03),
  /** To keep this record at the epoch that it promised, durably. */
  ACCEPT(0x04),
  /** To confirm the epoch, for as long as the lease lasts. */
  RENEW(0x05),
  /** The epoch serves no more, durably: nobody needs to wait for its lease. */
  RELEASE(0x06),
  /** To leave the leg's holder set and keep a tombstone; the body names the successors. */
  RETIRE(0x07),
  /** The leg is deleted: to forget it, its tombstone too. */
  FORGET(0x08),
  /** As PROMISE, of a leg that is made: the holder begins to know it. */
  CREATE(0x09),
  /** As PROMISE, by an owner that adds the holder: it begins to know the leg. */
  JOIN(0x0a),
  /** To take a JOIN back: who holds no record of the leg forgets it. */
  LEAVE(0x0b),
  /**
   * Of no leg, and alone in its command: which legs that the caller has read and must wait for are
   * free now; answered when there is one, or after a while.
   */
  AWAIT(0x0c);

  private final int code;

  RecordOp(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  /** The operation of that code, or null. */
  static RecordOp find(int code) {
    return code >= 1 && code <= values().length ? values()[code - 1] : null;
  }
}
