package io.dnvme.disk.format;

import io.dnvme.block.BlockGeometry;

/**
 * Where the pages of a {@link PageStore} lie on a device: first copy A of all pages, then copy B of
 * all, so that damage to one place leaves the other.
 *
 * @param startBlock the region's first block
 * @param pageBytes size of one copy with its header, a multiple of {@link #PAGE_UNIT_BYTES}
 * @param pageCount number of pages
 */
public record PageLayout(long startBlock, int pageBytes, int pageCount) {

  /** What media write as a whole at best: a page's copy shares no such unit with another. */
  public static final int PAGE_UNIT_BYTES = 4 << 10;

  public static final int MAX_PAGE_BYTES = 1 << 20;

  /** What a store keeps in memory is this many pages at most. */
  public static final int MAX_PAGES = 1 << 18;

  /** Copies of each page. */
  static final int COPIES = 2;

  public PageLayout {
    if (pageBytes < PAGE_UNIT_BYTES
        || pageBytes > MAX_PAGE_BYTES
        || pageBytes % PAGE_UNIT_BYTES != 0) {
      throw new IllegalArgumentException(
          "a page has 4096 to 1048576 bytes, a multiple of 4096, not " + pageBytes);
    }
    if (pageCount < 1 || pageCount > MAX_PAGES) {
      throw new IllegalArgumentException(
          "a store has 1 to " + MAX_PAGES + " pages, not " + pageCount);
    }
  }

  /** What a page holds for its user. */
  public int payloadBytes() {
    return pageBytes - PageCodec.HEADER_BYTES;
  }

  /** Length of the region. */
  public long regionBytes() {
    return (long) COPIES * pageCount * pageBytes;
  }

  /**
   * @throws IllegalArgumentException where the region does not fit {@code geometry}
   */
  void requireFits(BlockGeometry geometry) {
    int blockBytes = geometry.blockSizeBytes();
    if (pageBytes % blockBytes != 0) {
      throw new IllegalArgumentException(
          "a page of " + pageBytes + " bytes is not made of blocks of " + blockBytes);
    }
    if (!geometry.contains(startBlock, regionBytes() / blockBytes)) {
      throw new IllegalArgumentException(
          this + " goes beyond the device's " + geometry.blockCount() + " blocks");
    }
  }

  /** First block of a page's copy 0 or 1. */
  long block(int page, int copy, BlockGeometry geometry) {
    long pagesBefore = (long) copy * pageCount + page;
    return startBlock + pagesBefore * (pageBytes / geometry.blockSizeBytes());
  }
}
