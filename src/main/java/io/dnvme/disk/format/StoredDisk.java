package io.dnvme.disk.format;

/** What an open disk keeps in memory of one of its logical disks. Belongs to its store. */
final class StoredDisk {

  /** Of its entry in the logical-disk table. */
  final int slot;

  final SliceDevice device;

  /** What is durable. */
  LogicalDisk disk;

  int[] extents;

  /** What its entry says in memory: durable, or on its way. Its epoch is the highest asked for. */
  LogicalDisk written;

  /** Its entry is being removed. */
  boolean ending;

  StoredDisk(int slot, LogicalDisk disk, int[] extents, SliceDevice device) {
    this.slot = slot;
    this.disk = disk;
    this.extents = extents;
    this.device = device;
    written = disk;
  }
}
