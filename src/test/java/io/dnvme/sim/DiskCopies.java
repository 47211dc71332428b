package io.dnvme.sim;

import java.util.SplittableRandom;

/** Damages one copy of what a disk says of itself, where the other one is sound. */
final class DiskCopies {

  private static final int BLOCK_BYTES = 4096;

  // Where things are: docs/disk-format.md.
  private static final int RECORD_PAGE_BYTES = 16 << 10;
  private static final long RECORDS_BYTES = 4L << 20;
  private static final long TABLES_BYTES = 3L << 20;
  private static final int TABLE_PAGES = 2;
  private static final long SECOND_SUPERBLOCK_BYTES = 1L << 20;

  private static final int ATTEMPTS = 8;

  private final SimWorld world;
  private final SimDisk disk;
  private final int recordPages;

  /**
   * @param recordPages of the disk's record store
   */
  DiskCopies(SimWorld world, SimDisk disk, int recordPages) {
    this.world = world;
    this.disk = disk;
    this.recordPages = recordPages;
  }

  /** Damages one copy of something of which there are two sound ones; false where it finds none. */
  boolean damageOne(SplittableRandom random) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      long[] copies = any(random);
      int blocks = (int) copies[2];
      boolean sound = true;
      for (int i = 0; i < blocks; i++) {
        sound &= disk.areSound(copies[0] + i, copies[1] + i);
      }
      if (sound) {
        long block = copies[random.nextInt(2)] + random.nextInt(blocks);
        world.trace("nemesis", "damages block " + block + " of " + disk);
        if (random.nextBoolean()) {
          disk.rot(block);
        } else {
          disk.unreadable(block);
        }
        return true;
      }
    }
    return false;
  }

  /** Where the first and the second copy of a page or the superblock begin, and their blocks. */
  private long[] any(SplittableRandom random) {
    return switch (random.nextInt(4)) {
      case 0 -> new long[] {0, SECOND_SUPERBLOCK_BYTES / BLOCK_BYTES, 1};
      case 1, 2 -> copies(TABLES_BYTES, TABLE_PAGES, BLOCK_BYTES, random);
      default -> copies(RECORDS_BYTES, recordPages, RECORD_PAGE_BYTES, random);
    };
  }

  private static long[] copies(long fromBytes, int pages, int pageBytes, SplittableRandom random) {
    // Those in front are used most.
    long first = fromBytes + (long) random.nextInt(Math.min(pages, 6)) * pageBytes;
    long second = first + (long) pages * pageBytes;
    return new long[] {first / BLOCK_BYTES, second / BLOCK_BYTES, pageBytes / BLOCK_BYTES};
  }
}
