package io.dnvme.nvme.vendor;

/** How much one vendor-specific command carries; both sides know it. */
public final class VendorLimits {

  /** Most bytes of an envelope, of a request and of a reply. */
  public static final int MAX_DATA_BYTES = 256 << 10;

  /** Most entries of an envelope. */
  public static final int MAX_ENTRIES = 1024;

  /** Most bytes of one entry's body: a leg record, a list, a proof. */
  public static final int MAX_BODY_BYTES = 128 << 10;

  private VendorLimits() {}
}
