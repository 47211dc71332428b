package io.dnvme.target.ana;

import io.dnvme.nvme.AnaGroupDescriptor;
import io.dnvme.nvme.AnaLog;
import java.lang.foreign.MemorySegment;
import java.util.function.IntFunction;

/**
 * The ANA log page (0Ch) as a controller returns it (NVMe Base 2.0 §5.16.1.13).
 *
 * <p>The page is as long as Identify Controller lets it become, whatever it has to tell: hosts
 * compute that length from NANAGRPID and MNAN, and some read it in pieces. A piece behind the last
 * descriptor is zeroes then, where an offset behind the page's end would be an error (§5.16.1).
 */
public final class AnaLogContent {

  private AnaLogContent() {}

  /** Bytes of the page, with or without the lists of namespaces. */
  public static int sizeBytes(int groups, int maxNamespaces) {
    return AnaLog.SIZE + groups * AnaGroupDescriptor.SIZE + Integer.BYTES * maxNamespaces;
  }

  /**
   * The whole page; a host that asks for a part gets that part of it. Groups without namespaces are
   * left out.
   *
   * @param port states at the controller's portal
   * @param countAtReset the portal's change count when the controller was last reset: a
   *     controller's own counts start at zero then
   * @param nsidsOfGroup the group's namespaces, ascending
   * @param maxNamespaces MNAN: how many namespaces all groups may have together
   * @param groupsOnly RGO: leave out the lists of namespaces
   */
  public static MemorySegment of(
      AnaPort.Snapshot port,
      long countAtReset,
      IntFunction<int[]> nsidsOfGroup,
      int maxNamespaces,
      boolean groupsOnly) {
    int count = port.states().size();
    MemorySegment page = MemorySegment.ofArray(new byte[sizeBytes(count, maxNamespaces)]);
    int groups = 0;
    long at = AnaLog.SIZE;
    for (int groupId = 1; groupId <= count; groupId++) {
      int[] members = nsidsOfGroup.apply(groupId);
      if (members.length > 0) {
        groups++;
        int listed = groupsOnly ? 0 : members.length;
        var descriptor =
            new AnaGroupDescriptor()
                .wrap(page, at)
                .set(AnaGroupDescriptor.AGID, groupId)
                .set(AnaGroupDescriptor.NNV, listed)
                .set(
                    AnaGroupDescriptor.CHGCNT, Math.max(0, port.lastChange(groupId) - countAtReset))
                .set(AnaGroupDescriptor.STATE, port.state(groupId).code());
        for (int n = 0; n < listed; n++) {
          descriptor.nsid(n, members[n]);
        }
        at += AnaGroupDescriptor.sizeWith(listed);
      }
    }
    new AnaLog()
        .wrap(page, 0)
        .set(AnaLog.CHGCNT, port.changeCount() - countAtReset)
        .set(AnaLog.NAGD, groups);
    return page;
  }
}
