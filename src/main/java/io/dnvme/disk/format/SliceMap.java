package io.dnvme.disk.format;

import io.dnvme.block.BlockGeometry;

/**
 * Where the blocks of a logical disk lie on its disk, through extents that need not be neighbours.
 * Immutable: growth makes another one.
 */
final class SliceMap {

  private final BlockGeometry geometry;
  private final long extentBlocks;
  private final long[] extentStarts;

  /**
   * @param extentStarts first block of each of its extents on the disk
   */
  SliceMap(DiskLayout layout, int[] extents) {
    extentBlocks = layout.extentBlocks();
    extentStarts = new long[extents.length];
    for (int i = 0; i < extents.length; i++) {
      extentStarts[i] = layout.extentBlock(extents[i]);
    }
    geometry = new BlockGeometry(layout.geometry().blockSizeBytes(), extentBlocks * extents.length);
  }

  BlockGeometry geometry() {
    return geometry;
  }

  /** The disk's block for a block of the logical disk. */
  long deviceBlock(long block) {
    return extentStarts[(int) (block / extentBlocks)] + block % extentBlocks;
  }

  /** How many of {@code count} blocks from {@code block} on lie one after another on the disk. */
  long runBlocks(long block, long count) {
    int extent = (int) (block / extentBlocks);
    long run = extentBlocks - block % extentBlocks;
    while (run < count && extentStarts[extent + 1] == extentStarts[extent] + extentBlocks) {
      run += extentBlocks;
      extent++;
    }
    return Math.min(run, count);
  }
}
