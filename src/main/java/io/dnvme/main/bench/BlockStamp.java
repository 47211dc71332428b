package io.dnvme.main.bench;

import io.dnvme.nvme.Crc32c;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The content of a block that says what it is, so that a read can be checked: who wrote it, where
 * it belongs, which write it was, and that it is whole.
 *
 * <pre>
 *   0      8      16     24    32           40                        size-4     size
 *   +------+------+------+-----+------------+---- … ------------------+----------+
 *   | magic| seed | run  | LBA | generation | noise that follows them |  CRC32C  |
 *   +------+------+------+-----+------------+---- … ------------------+----------+
 * </pre>
 *
 * <p>Little-endian. The checksum covers everything before it. One per thread.
 */
final class BlockStamp {

  /** What a block holds, as far as a check can tell. */
  enum Finding {
    /** Not written by this program, or with another seed. */
    FOREIGN,
    /** Written by this program, and damaged. */
    CORRUPT,
    /** Written by this program, whole, for another block. */
    MISPLACED,
    /** Whole and in its place; {@link #run} and {@link #generation} say which. */
    WHOLE
  }

  private static final long MAGIC = 0x31_4843_4e45_4244L;
  private static final int SEED = 8;
  private static final int RUN = 16;
  private static final int LBA = 24;
  private static final int GENERATION = 32;
  private static final int NOISE = 40;

  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Crc32c crc = new Crc32c();
  private final long seed;
  private final long run;
  private final int blockBytes;

  private long foundRun;
  private long foundLba;
  private long foundGeneration;

  /**
   * @param seed of the load, the same in runs that are to recognise each other's blocks
   * @param run tells this run's blocks from an earlier one's
   */
  BlockStamp(long seed, long run, int blockBytes) {
    this.seed = seed;
    this.run = run;
    this.blockBytes = blockBytes;
  }

  /** Fills the block at {@code offset}. */
  void write(MemorySegment memory, long offset, long lba, long generation) {
    memory.set(U64, offset, MAGIC);
    memory.set(U64, offset + SEED, seed);
    memory.set(U64, offset + RUN, run);
    memory.set(U64, offset + LBA, lba);
    memory.set(U64, offset + GENERATION, generation);
    long noise = mix(seed ^ mix(lba ^ mix(generation ^ run)));
    int crcAt = blockBytes - Crc32c.SIZE;
    int at = NOISE;
    for (; at + Long.BYTES <= crcAt; at += Long.BYTES) {
      noise = noise * 6364136223846793005L + 1442695040888963407L;
      memory.set(U64, offset + at, noise);
    }
    for (; at < crcAt; at += Integer.BYTES) {
      memory.set(U32, offset + at, (int) noise);
    }
    memory.set(U32, offset + crcAt, crc.of(memory, offset, crcAt));
  }

  /** Looks at the block at {@code offset}, which was read from {@code lba}. */
  Finding check(MemorySegment memory, long offset, long lba) {
    foundRun = memory.get(U64, offset + RUN);
    foundLba = memory.get(U64, offset + LBA);
    foundGeneration = memory.get(U64, offset + GENERATION);
    if (memory.get(U64, offset) != MAGIC || memory.get(U64, offset + SEED) != seed) {
      return Finding.FOREIGN;
    }
    int crcAt = blockBytes - Crc32c.SIZE;
    if (memory.get(U32, offset + crcAt) != crc.of(memory, offset, crcAt)) {
      return Finding.CORRUPT;
    }
    return foundLba == lba ? Finding.WHOLE : Finding.MISPLACED;
  }

  /** Whether the block that was checked last is of this run. */
  boolean isOfThisRun() {
    return foundRun == run;
  }

  /** Of the block that was checked last. */
  long generation() {
    return foundGeneration;
  }

  /** Of the block that was checked last. */
  long lba() {
    return foundLba;
  }

  private static long mix(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
