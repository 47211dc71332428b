package io.dnvme.disk.format;

import io.dnvme.disk.format.ExtentTable.State;
import io.dnvme.disk.format.StoreOutcome.Reason;
import io.dnvme.disk.format.StoreOutcome.Refused;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What the tables of a disk say, where it fits together (NO-LEAK): each logical disk has each of
 * its extents once, and each other extent is free, being zeroed, or left over.
 *
 * <p>Left over are used extents which no logical disk reaches: it was freed, or a crash ended its
 * allocation or its growth before they were its own. They were not free, so they are zeroed again.
 *
 * @param leftovers in ascending order
 */
record DiskContent(
    List<Entry> logicalDisks, List<Integer> free, List<Integer> zeroing, List<Integer> leftovers) {

  /**
   * A logical disk, the slot of its entry, and its extents.
   *
   * @param extents not to be changed
   */
  record Entry(int slot, LogicalDisk disk, int[] extents) {}

  private static final int MISSING = -1;

  static StoreOutcome<DiskContent> read(
      DiskLayout layout, LogicalDiskTable logicalDisks, ExtentTable extents) {
    var byId = new LinkedHashMap<UUID, Entry>();
    for (int slot = 0; slot < logicalDisks.slots(); slot++) {
      if (!logicalDisks.isUsed(slot)) {
        continue;
      }
      LogicalDisk disk;
      try {
        disk = logicalDisks.get(slot);
      } catch (IllegalArgumentException e) {
        return damaged(e.getMessage() + " holds what was never written");
      }
      if (disk.extentCount() < 1 || disk.extentCount() > layout.extentCount()) {
        return damaged(
            "logical disk %s has %d extents of %d"
                .formatted(disk.id(), disk.extentCount(), layout.extentCount()));
      }
      var its = new int[disk.extentCount()];
      Arrays.fill(its, MISSING);
      if (byId.put(disk.id(), new Entry(slot, disk, its)) != null) {
        return damaged("logical disk " + disk.id() + " has two entries");
      }
    }
    return assign(layout, extents, byId);
  }

  private static StoreOutcome<DiskContent> assign(
      DiskLayout layout, ExtentTable extents, Map<UUID, Entry> byId) {
    var content =
        new DiskContent(
            List.copyOf(byId.values()), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (int extent = 0; extent < layout.extentCount(); extent++) {
      State state = extents.state(extent);
      switch (state) {
        case null -> {
          return damaged("extent " + extent + " is in a state that is none");
        }
        case FREE -> content.free.add(extent);
        case ZEROING -> content.zeroing.add(extent);
        case USED -> {
          int index = extents.index(extent);
          Entry owner = byId.get(extents.owner(extent));
          if (owner == null || index < 0 || index >= owner.extents.length) {
            content.leftovers.add(extent);
          } else if (owner.extents[index] != MISSING) {
            return damaged(
                "extents %d and %d are both extent %d of logical disk %s"
                    .formatted(owner.extents[index], extent, index, owner.disk.id()));
          } else {
            owner.extents[index] = extent;
          }
        }
      }
    }
    for (Entry entry : content.logicalDisks) {
      for (int index = 0; index < entry.extents.length; index++) {
        if (entry.extents[index] == MISSING) {
          return damaged("logical disk " + entry.disk.id() + " lacks its extent " + index);
        }
      }
    }
    return StoreOutcome.done(content);
  }

  private static Refused<DiskContent> damaged(String what) {
    return StoreOutcome.refused(Reason.DAMAGED, "its tables contradict each other: " + what);
  }

  DiskUsage usage(DiskLayout layout) {
    int used = logicalDisks.stream().mapToInt(entry -> entry.extents.length).sum();
    return new DiskUsage(
        layout.extentBytes(),
        free.size(),
        used,
        zeroing.size() + leftovers.size(),
        0,
        logicalDisks.size(),
        layout.maxLogicalDisks());
  }
}
