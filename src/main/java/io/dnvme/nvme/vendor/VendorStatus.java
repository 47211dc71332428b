package io.dnvme.nvme.vendor;

import io.dnvme.nvme.Status;

/**
 * Statuses of vendor-specific commands (SCT 7h). Each says that nothing of the command was executed
 * and nothing changed. What became of a single entry is said in the reply, by {@link EntryResult}.
 */
public enum VendorStatus {
  /** Lengths, counts, codes or reserved bytes of the data make no sense. */
  MALFORMED(0x01, true),
  /** The data is of a version that this node does not speak. */
  WRONG_VERSION(0x02, true),
  /** The data's CRC32C is wrong (NO-SILENT-LOSS). */
  CORRUPT(0x03, true),
  /** The caller belongs to another cluster. */
  WRONG_CLUSTER(0x04, true),
  /** CDW12 leaves no room for an answer to every entry. */
  REPLY_TOO_SMALL(0x05, true),
  /** The node has as many commands of this association as it takes at once; try again. */
  TOO_MANY(0x06, false),
  /** The node is stopping; try another. */
  STOPPING(0x07, false);

  private final int status;

  VendorStatus(int sc, boolean forGood) {
    int plain = Status.of(Status.SCT_VENDOR, sc);
    status = forGood ? Status.withDnr(plain) : plain;
  }

  /** The Status field, with Do Not Retry where trying again would be in vain. */
  public int status() {
    return status;
  }

  /** Whether {@code status} says this, whatever its flags. */
  public boolean is(int status) {
    return Status.code(status) == Status.code(this.status);
  }

  /** The constant of that type and code, or null. */
  public static VendorStatus find(int status) {
    for (VendorStatus one : values()) {
      if (one.is(status)) {
        return one;
      }
    }
    return null;
  }
}
