package io.dnvme.disk.format;

import io.dnvme.disk.format.StoreOutcome.Reason;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** What an open disk has in memory, for the parts of its {@link DiskStore}. One reactor. */
final class DiskState {

  final DeviceAccess access;
  final Superblock superblock;
  final DiskLayout layout;
  final PageStore store;
  final LogicalDiskTable logicalDisks;
  final ExtentTable extents;
  final Set<PlantedBug> bugs;

  final FreeExtents free = new FreeExtents();
  final ExtentZeroing zeroing;

  /** Entries of the logical-disk table that are not to be used for another one. */
  final BitSet slots = new BitSet();

  final Map<UUID, StoredDisk> byId = new LinkedHashMap<>();

  /** Freed ones whose commands have not all ended, or whose extents still have their names. */
  final Set<UUID> ending = new HashSet<>();

  DiskState(
      DeviceAccess access,
      Superblock superblock,
      PageStore store,
      DiskContent content,
      Set<PlantedBug> bugs) {
    this.access = access;
    this.superblock = superblock;
    this.store = store;
    this.bugs = bugs;
    layout = superblock.layout();
    logicalDisks = new LogicalDiskTable(store, layout.maxLogicalDisks());
    extents = new ExtentTable(store, layout.logicalDiskPages());
    zeroing = new ExtentZeroing(access, layout, store, extents, bugs, free::add);
    for (DiskContent.Entry entry : content.logicalDisks()) {
      add(entry.slot(), entry.disk(), entry.extents());
    }
    content.free().forEach(free::add);
    content.leftovers().forEach(zeroing::add);
    content.zeroing().forEach(zeroing::add);
  }

  void add(int slot, LogicalDisk disk, int[] extentsOfIt) {
    slots.set(slot);
    byId.put(disk.id(), new StoredDisk(slot, disk, extentsOfIt, access.reactor()));
  }

  /** A way to the logical disk's data of its own, with commands of its own. */
  SliceDevice newDevice(StoredDisk stored) {
    return new SliceDevice(
        access.device(),
        new SliceMap(layout, stored.extents),
        access.health(),
        layout.extentBytes(),
        stored.counters);
  }

  Optional<String> failure() {
    return access.health().failure().or(store::failure);
  }

  <T> StoreOutcome<T> failed() {
    store.failure().ifPresent(access.health()::fail);
    return refused(Reason.FAILED, "it has failed: " + failure().orElseThrow());
  }

  <T> StoreOutcome<T> notFound(UUID id) {
    return refused(Reason.NOT_FOUND, "it has no logical disk " + id);
  }

  <T> StoreOutcome<T> refused(Reason reason, String what) {
    return StoreOutcome.refused(reason, "disk " + superblock.diskId() + ": " + what);
  }
}
