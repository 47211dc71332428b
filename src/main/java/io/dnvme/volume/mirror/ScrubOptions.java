package io.dnvme.volume.mirror;

/**
 * How fast a scrub goes.
 *
 * @param minBytesPerSecond while hosts use the group
 * @param maxBytesPerSecond while they do not
 * @param chunkBytes what is read at a time from each member; a multiple of the block size
 */
public record ScrubOptions(long minBytesPerSecond, long maxBytesPerSecond, int chunkBytes) {

  public static final ScrubOptions DEFAULTS = new ScrubOptions(4 << 20, 256 << 20, 128 << 10);

  public ScrubOptions {
    if (minBytesPerSecond < 1 || maxBytesPerSecond < minBytesPerSecond || chunkBytes < 1) {
      throw new IllegalArgumentException(
          "a scrub's rates and chunk must be positive, and the least rate not above the most");
    }
  }
}
