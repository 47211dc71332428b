package io.dnvme.target.event;

import java.util.Arrays;

/**
 * The namespaces of one controller that changed since its host last read the changed namespace list
 * (log page 04h, NVMe Base 2.0 §5.16.1.5). On its controller's reactor.
 */
public final class ChangedNamespaces {

  /** Most entries of the list; more changes than that say "any namespace". */
  public static final int MAX_ENTRIES = 1024;

  /** The one entry of a list that overflowed. */
  public static final int TOO_MANY = 0xffff_ffff;

  private final int[] nsids = new int[MAX_ENTRIES];
  private int count;
  private boolean overflowed;

  /** Notes that the namespace came, went or changed. */
  public void add(int nsid) {
    int at = 0;
    while (at < count && Integer.compareUnsigned(nsids[at], nsid) < 0) {
      at++;
    }
    if (overflowed || at < count && nsids[at] == nsid) {
      return;
    }
    if (count == MAX_ENTRIES) {
      overflowed = true;
      return;
    }
    System.arraycopy(nsids, at, nsids, at + 1, count - at);
    nsids[at] = nsid;
    count++;
  }

  /** The list in ascending order, or the one entry {@link #TOO_MANY}. */
  public int[] list() {
    return overflowed ? new int[] {TOO_MANY} : Arrays.copyOf(nsids, count);
  }

  /** The host has read the list (RAE cleared), or the controller was reset. */
  public void clear() {
    count = 0;
    overflowed = false;
  }
}
