package io.dnvme.volume.intent;

import io.dnvme.block.BlockGeometry;

/**
 * Where the parts of a group member lie; the same for all members of a group.
 *
 * <pre>
 *   page 0, 1    descriptor, copies A and B
 *   page 2…      for each bitmap (0 intent, 1..PEERS one for each absent or rebuilding member),
 *                for each of its pages: copies A and B
 *   …            checksums of the data's blocks, where the group has them: for each of their pages
 *                copies A and B
 *   …            data, at a multiple of DATA_ALIGNMENT_BYTES
 * </pre>
 *
 * @param blockSizeBytes of the member device and of the data, at most a page
 * @param dataBlocks what the group offers
 * @param regionShift log2 of the bytes that one bit stands for
 * @param checksums whether each block's CRC32C is kept beside the data
 */
public record MemberLayout(
    int blockSizeBytes, long dataBlocks, int regionShift, boolean checksums) {

  /** The unit in which the header is written. */
  public static final int PAGE_BYTES = 4096;

  /** Members beside those in-sync that may have a bitmap: two of three, and two that move in. */
  public static final int PEERS = 4;

  /** Bitmaps of a header: the intent bits and one for each peer. */
  public static final int BITMAPS = 1 + PEERS;

  public static final int DEFAULT_REGION_SHIFT = 22;
  public static final int MIN_REGION_SHIFT = 16;
  public static final int MAX_REGION_SHIFT = 30;

  /** Bounds the memory of a group's bitmaps and counters: 64 TiB with the default region. */
  public static final int MAX_REGIONS = 1 << 24;

  public static final int DATA_ALIGNMENT_BYTES = 64 << 10;

  private static final int CHECKSUM_PAGE_ENTRIES = ChecksumPage.ENTRIES;

  public MemberLayout {
    // Refuses sizes that no device has.
    new BlockGeometry(blockSizeBytes, dataBlocks);
    if (blockSizeBytes > PAGE_BYTES) {
      throw new IllegalArgumentException(
          "a group member's blocks have at most %d bytes, not %d: a page of its header must be whole blocks"
              .formatted(PAGE_BYTES, blockSizeBytes));
    }
    if (regionShift < MIN_REGION_SHIFT || regionShift > MAX_REGION_SHIFT) {
      throw new IllegalArgumentException(
          "a region has 2^%d to 2^%d bytes, not 2^%d"
              .formatted(MIN_REGION_SHIFT, MAX_REGION_SHIFT, regionShift));
    }
    long regions = ceilDiv(dataBlocks * blockSizeBytes, 1L << regionShift);
    if (regions > MAX_REGIONS) {
      throw new IllegalArgumentException(
          "a group has at most %d regions; %d of 2^%d bytes are too many: take larger ones"
              .formatted(MAX_REGIONS, regions, regionShift));
    }
  }

  /**
   * The layout that uses a member device of {@code deviceBlocks} blocks best.
   *
   * @throws IllegalArgumentException where the device is too small to hold any data
   */
  public static MemberLayout fitting(
      int blockSizeBytes, long deviceBlocks, int regionShift, boolean checksums) {
    long low = 0;
    long high = deviceBlocks;
    while (low < high) {
      long middle = low + (high - low + 1) / 2;
      if (new MemberLayout(blockSizeBytes, middle, regionShift, checksums).deviceBlocks()
          <= deviceBlocks) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    if (low == 0) {
      throw new IllegalArgumentException(
          "a group member of %d blocks of %d bytes is too small to hold a header and data"
              .formatted(deviceBlocks, blockSizeBytes));
    }
    return new MemberLayout(blockSizeBytes, low, regionShift, checksums);
  }

  public long dataBytes() {
    return dataBlocks * blockSizeBytes;
  }

  public int regions() {
    return (int) ceilDiv(dataBytes(), 1L << regionShift);
  }

  public int pagesPerBitmap() {
    return (int) ceilDiv(regions(), BitmapPage.BITS);
  }

  public int blocksPerPage() {
    return PAGE_BYTES / blockSizeBytes;
  }

  /** log2 of the blocks of a region. */
  public int regionBlockShift() {
    return regionShift - Integer.numberOfTrailingZeros(blockSizeBytes);
  }

  public int firstRegion(long startBlock) {
    return (int) (startBlock >> regionBlockShift());
  }

  /** The region of a range's last block; the range is not empty. */
  public int lastRegion(long startBlock, long blockCount) {
    return (int) (startBlock + blockCount - 1 >> regionBlockShift());
  }

  public long regionStartBlock(int region) {
    return (long) region << regionBlockShift();
  }

  /** The last region may be shorter than the others. */
  public long regionBlocks(int region) {
    long start = regionStartBlock(region);
    return Math.min(1L << regionBlockShift(), dataBlocks - start);
  }

  /** First block of copy 0 or 1 of the descriptor. */
  public long descriptorBlock(int copy) {
    return (long) copy * blocksPerPage();
  }

  /** First block of copy 0 or 1 of one page of one bitmap. */
  public long bitmapBlock(int bitmap, int page, int copy) {
    return (2L + ((long) bitmap * pagesPerBitmap() + page) * 2 + copy) * blocksPerPage();
  }

  /** Pages of the descriptor and the bitmaps, both copies. */
  public int headerPages() {
    return 2 + 2 * BITMAPS * pagesPerBitmap();
  }

  /**
   * First block of the checksums; where the group has none, that of the padding before the data.
   */
  public long checksumBlock() {
    return (long) headerPages() * blocksPerPage();
  }

  /** Pages of checksums, both copies. */
  public long checksumPages() {
    return checksums ? 2 * ceilDiv(dataBlocks, CHECKSUM_PAGE_ENTRIES) : 0;
  }

  public long dataStartBlock() {
    long bytes = (headerPages() + checksumPages()) * PAGE_BYTES;
    return ceilDiv(bytes, DATA_ALIGNMENT_BYTES) * DATA_ALIGNMENT_BYTES / blockSizeBytes;
  }

  /** Blocks that a member device must have. */
  public long deviceBlocks() {
    return dataStartBlock() + dataBlocks;
  }

  /** Bytes that a member device must have. */
  public long deviceBytes() {
    return deviceBlocks() * blockSizeBytes;
  }

  /** Why a device of that geometry can be no member, or null. */
  String misfit(BlockGeometry device) {
    return device.blockSizeBytes() == blockSizeBytes && device.blockCount() >= deviceBlocks()
        ? null
        : "the member has %s; its group needs %d blocks of %d bytes"
            .formatted(device, deviceBlocks(), blockSizeBytes);
  }

  private static long ceilDiv(long value, long divisor) {
    return (value + divisor - 1) / divisor;
  }
}
