package io.dnvme.disk.format;

import java.util.UUID;

/** Where a logical disk's blocks are on its disk, for tests that look at the medium. */
public final class ExtentMap {

  private ExtentMap() {}

  /** The disk's block that holds {@code block} of the logical disk. */
  public static long diskBlock(DiskStore store, UUID logicalDisk, long block) {
    DiskLayout layout = store.layout();
    int[] extents = store.extentsOf(logicalDisk);
    int index = (int) (block / layout.extentBlocks());
    return layout.extentBlock(extents[index]) + block % layout.extentBlocks();
  }
}
