package io.dnvme.target.ana;

import io.dnvme.nvme.AnaGroupDescriptor;
import io.dnvme.nvme.AnaLog;
import java.lang.foreign.MemorySegment;
import java.util.function.IntFunction;

/** The ANA log page (0Ch) as a controller returns it (NVMe Base 2.0 §5.16.1.13). */
public final class AnaLogContent {

  private AnaLogContent() {}

  /**
   * The whole page; a host that asks for a part gets that part of it. Groups without namespaces are
   * left out.
   *
   * @param port states at the controller's portal
   * @param countAtReset the portal's change count when the controller was last reset: a
   *     controller's own counts start at zero then
   * @param nsidsOfGroup the group's namespaces, ascending
   * @param groupsOnly RGO: leave out the lists of namespaces
   */
  public static MemorySegment of(
      AnaPort.Snapshot port,
      long countAtReset,
      IntFunction<int[]> nsidsOfGroup,
      boolean groupsOnly) {
    int count = port.states().size();
    var members = new int[count][];
    int groups = 0;
    int size = AnaLog.SIZE;
    for (int i = 0; i < count; i++) {
      members[i] = nsidsOfGroup.apply(i + 1);
      if (members[i].length > 0) {
        groups++;
        size += AnaGroupDescriptor.sizeWith(groupsOnly ? 0 : members[i].length);
      }
    }
    MemorySegment page = MemorySegment.ofArray(new byte[size]);
    new AnaLog()
        .wrap(page, 0)
        .set(AnaLog.CHGCNT, port.changeCount() - countAtReset)
        .set(AnaLog.NAGD, groups);
    long at = AnaLog.SIZE;
    for (int i = 0; i < count; i++) {
      if (members[i].length > 0) {
        int listed = groupsOnly ? 0 : members[i].length;
        var descriptor =
            new AnaGroupDescriptor()
                .wrap(page, at)
                .set(AnaGroupDescriptor.AGID, i + 1)
                .set(AnaGroupDescriptor.NNV, listed)
                .set(AnaGroupDescriptor.CHGCNT, Math.max(0, port.lastChange(i + 1) - countAtReset))
                .set(AnaGroupDescriptor.STATE, port.state(i + 1).code());
        for (int n = 0; n < listed; n++) {
          descriptor.nsid(n, members[i][n]);
        }
        at += AnaGroupDescriptor.sizeWith(listed);
      }
    }
    return page;
  }
}
