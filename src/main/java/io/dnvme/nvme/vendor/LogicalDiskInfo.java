package io.dnvme.nvme.vendor;

import io.dnvme.nvme.Field;
import io.dnvme.nvme.Structure;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * One logical disk of a list.
 *
 * @param leg whose disk it is
 * @param sizeBytes of the extents that it has
 * @param admitted the highest epoch that it admitted
 */
public record LogicalDiskInfo(UUID disk, UUID leg, long sizeBytes, WireEpoch admitted) {

  /** Most in the body of one entry. */
  public static final int MAX_IN_BODY = VendorLimits.MAX_BODY_BYTES / Layout.SIZE;

  /** Its bytes in a list's body. */
  static final class Layout extends Structure<Layout> {

    static final int SIZE = 64;

    static final Field.Bytes<Layout> DISK = Field.uuid(0);
    static final Field.Bytes<Layout> LEG = Field.uuid(16);
    static final Field.Number<Layout> SIZE_BYTES = Field.u64(32);
    static final Field.Number<Layout> EPOCH = Field.u64(40);
    static final Field.Bytes<Layout> INCARNATION = Field.uuid(48);

    Layout() {
      super(SIZE);
    }
  }

  /**
   * The body of a list.
   *
   * @param disks at most {@link #MAX_IN_BODY}
   */
  public static byte[] encode(List<LogicalDiskInfo> disks) {
    var bytes = new byte[disks.size() * Layout.SIZE];
    MemorySegment segment = MemorySegment.ofArray(bytes);
    Layout layout = new Layout();
    for (int i = 0; i < disks.size(); i++) {
      LogicalDiskInfo disk = disks.get(i);
      layout
          .wrap(segment, (long) i * Layout.SIZE)
          .setUuid(Layout.DISK, disk.disk())
          .setUuid(Layout.LEG, disk.leg())
          .set(Layout.SIZE_BYTES, disk.sizeBytes())
          .set(Layout.EPOCH, disk.admitted().number())
          .setUuid(Layout.INCARNATION, disk.admitted().incarnation());
    }
    return bytes;
  }

  /** What a list's body says, or null where it makes no sense. */
  public static List<LogicalDiskInfo> decode(byte[] body) {
    if (body.length % Layout.SIZE != 0) {
      return null;
    }
    MemorySegment segment = MemorySegment.ofArray(body);
    Layout layout = new Layout();
    var disks = new ArrayList<LogicalDiskInfo>(body.length / Layout.SIZE);
    for (int at = 0; at < body.length; at += Layout.SIZE) {
      layout.wrap(segment, at);
      long sizeBytes = layout.get(Layout.SIZE_BYTES);
      long number = layout.get(Layout.EPOCH);
      if (sizeBytes < 0 || number < 0) {
        return null;
      }
      var admitted = new WireEpoch(number, layout.getUuid(Layout.INCARNATION));
      disks.add(
          new LogicalDiskInfo(
              layout.getUuid(Layout.DISK), layout.getUuid(Layout.LEG), sizeBytes, admitted));
    }
    return List.copyOf(disks);
  }
}
