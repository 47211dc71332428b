package io.dnvme.disk.format;

import io.dnvme.block.LayerCounters;
import io.dnvme.block.Reactor;

/** What an open disk keeps in memory of one of its logical disks. Belongs to its store. */
final class StoredDisk {

  /** Of its entry in the logical-disk table. */
  final int slot;

  final Attachments attachments;

  /** What all who were attached did, together. */
  final LayerCounters counters = new LayerCounters();

  /** What is durable. */
  LogicalDisk disk;

  int[] extents;

  /** What its entry says in memory: durable, or on its way. Its epoch is the highest asked for. */
  LogicalDisk written;

  /** Null but in tests. */
  SliceDevice unguarded;

  /** Its entry is being removed. */
  boolean ending;

  StoredDisk(int slot, LogicalDisk disk, int[] extents, Reactor home) {
    this.slot = slot;
    this.disk = disk;
    this.extents = extents;
    attachments = new Attachments(home);
    written = disk;
  }
}
