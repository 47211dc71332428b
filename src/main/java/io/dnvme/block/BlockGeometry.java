package io.dnvme.block;

/**
 * Size of a device.
 *
 * @param blockSizeBytes size of a logical block, a power of two from 512 bytes to 64 KiB
 * @param blockCount number of logical blocks, at least one
 */
public record BlockGeometry(int blockSizeBytes, long blockCount) {

  public static final int MIN_BLOCK_SIZE_BYTES = 512;
  public static final int MAX_BLOCK_SIZE_BYTES = 64 << 10;

  public BlockGeometry {
    if (blockSizeBytes < MIN_BLOCK_SIZE_BYTES
        || blockSizeBytes > MAX_BLOCK_SIZE_BYTES
        || Integer.bitCount(blockSizeBytes) != 1) {
      throw new IllegalArgumentException(
          "block size must be a power of two from 512 to 65536 bytes, not " + blockSizeBytes);
    }
    if (blockCount <= 0 || blockCount > Long.MAX_VALUE / blockSizeBytes) {
      throw new IllegalArgumentException(
          "block count must be positive and fit 2^63 bytes, not " + blockCount);
    }
  }

  /** log2 of the block size. */
  public int blockShift() {
    return Integer.numberOfTrailingZeros(blockSizeBytes);
  }

  public long sizeBytes() {
    return blockCount * blockSizeBytes;
  }

  /** Whether the blocks {@code [start, start + count)} all exist; safe against overflow. */
  public boolean contains(long start, long count) {
    return start >= 0 && count >= 0 && start <= blockCount && count <= blockCount - start;
  }
}
