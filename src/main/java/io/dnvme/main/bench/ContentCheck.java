package io.dnvme.main.bench;

import java.lang.foreign.MemorySegment;

/**
 * What one worker knows of its part of the disk, and whether what it reads is one of the contents
 * that can be there.
 *
 * <p>The part is cut into chunks of one transfer. A chunk has at most one write in flight; its
 * writes are numbered from 1. Let A be the last number acknowledged when a read was submitted, and
 * I the last one issued when it completed: each block of it must be a whole one of this run with a
 * number from A to I. Where A is 0 the block may also be what was there before: anything, as long
 * as it is not a damaged or misplaced block of ours. Blocks of one chunk are looked at one by one,
 * since a read beside a write may see some old and some new ones.
 *
 * <p>A write that failed leaves its number issued and not acknowledged: both contents are accepted
 * until the next write is acknowledged.
 */
final class ContentCheck {

  private final BlockStamp stamp;
  private final long firstChunk;
  private final int blocksPerChunk;
  private final int blockBytes;
  private final int[] issued;
  private final int[] acknowledged;
  private final boolean[] writing;
  private long verifiedBlocks;
  private String mismatch;

  /**
   * @param firstChunk the first chunk of the worker's part, counted from the disk's start
   * @param chunks how many there are
   */
  ContentCheck(BlockStamp stamp, long firstChunk, int chunks, int blocksPerChunk, int blockBytes) {
    this.stamp = stamp;
    this.firstChunk = firstChunk;
    this.blocksPerChunk = blocksPerChunk;
    this.blockBytes = blockBytes;
    issued = new int[chunks];
    acknowledged = new int[chunks];
    writing = new boolean[chunks];
  }

  /** Whether a write of the chunk may be issued now. */
  boolean mayWrite(int chunk) {
    return !writing[chunk];
  }

  /** Whether this run wrote the chunk, or tried to. */
  boolean wasWritten(int chunk) {
    return issued[chunk] > 0;
  }

  /** Fills {@code memory} with the chunk's next content; the write is issued. */
  void write(int chunk, MemorySegment memory, long offset) {
    writing[chunk] = true;
    int generation = ++issued[chunk];
    long lba = (firstChunk + chunk) * blocksPerChunk;
    for (int i = 0; i < blocksPerChunk; i++) {
      stamp.write(memory, offset + (long) i * blockBytes, lba + i, generation);
    }
  }

  /** The chunk's write is complete. */
  void written(int chunk, boolean success) {
    writing[chunk] = false;
    if (success) {
      acknowledged[chunk] = issued[chunk];
    }
  }

  /** What a read that is submitted now may not fall behind; to be given to {@link #read}. */
  int acknowledged(int chunk) {
    return acknowledged[chunk];
  }

  /** Looks at what a read brought; false where it cannot be: {@link #mismatch} tells. */
  boolean read(int chunk, int acknowledgedBefore, MemorySegment memory, long offset) {
    long lba = (firstChunk + chunk) * blocksPerChunk;
    for (int i = 0; i < blocksPerChunk; i++) {
      BlockStamp.Finding finding = stamp.check(memory, offset + (long) i * blockBytes, lba + i);
      if (!isPossible(finding, chunk, acknowledgedBefore)) {
        mismatch = describe(finding, lba + i, acknowledgedBefore, issued[chunk]);
        return false;
      }
      verifiedBlocks++;
    }
    return true;
  }

  /** Blocks that were looked at and found right. */
  long verifiedBlocks() {
    return verifiedBlocks;
  }

  /** The last mismatch in words, or null. */
  String mismatch() {
    return mismatch;
  }

  private boolean isPossible(BlockStamp.Finding finding, int chunk, int acknowledgedBefore) {
    return switch (finding) {
      case FOREIGN -> acknowledgedBefore == 0;
      case CORRUPT, MISPLACED -> false;
      case WHOLE ->
          stamp.isOfThisRun()
              ? stamp.generation() >= acknowledgedBefore && stamp.generation() <= issued[chunk]
              : acknowledgedBefore == 0;
    };
  }

  private String describe(BlockStamp.Finding finding, long lba, int from, int to) {
    String expected =
        from == 0 && to == 0
            ? "a whole block or one that this program did not write"
            : from == to ? "write " + from : "write " + from + " to " + to;
    String got =
        switch (finding) {
          case FOREIGN -> "a block that this program did not write";
          case CORRUPT -> "a block of this program with a wrong checksum";
          case MISPLACED -> "the block of LBA " + stamp.lba();
          case WHOLE ->
              (stamp.isOfThisRun() ? "write " : "an earlier run's write ") + stamp.generation();
        };
    return "LBA " + lba + ": expected " + expected + ", got " + got;
  }
}
