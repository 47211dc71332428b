package io.dnvme.nvme.vendor;

/** What a controller asks a disk node for about its logical disks (OWNER, ZERO, NO-LEAK). */
public enum DiskOp {
  /** To make a logical disk of the caller's identifier; again is the same as once. */
  ALLOCATE(0x01),
  /** To make it at least that large. */
  GROW(0x02),
  /** To zero and free it; the body may prove that the caller may. */
  FREE(0x03),
  /** Which there are, behind the identifier given, in ascending order. */
  LIST(0x04),
  /** How large the node is, and how much is free. */
  USAGE(0x05),
  /** To refuse lower epochs, durably, and to cut and drain all others' connections (OWNER). */
  ADMIT(0x06);

  private final int code;

  DiskOp(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  /** The operation of that code, or null. */
  static DiskOp find(int code) {
    return code >= 1 && code <= values().length ? values()[code - 1] : null;
  }
}
