package io.dnvme.block;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/**
 * A list of memory ranges that together hold a command's data. Reused: the steady state allocates
 * nothing. Does not own the memory it names.
 */
public final class IoVector {

  private static final int INITIAL_RANGES = 4;

  private MemorySegment[] segments = new MemorySegment[INITIAL_RANGES];
  private long[] offsets = new long[INITIAL_RANGES];
  private long[] lengths = new long[INITIAL_RANGES];
  private int count;
  private long lengthBytes;

  public IoVector clear() {
    Arrays.fill(segments, 0, count, null);
    count = 0;
    lengthBytes = 0;
    return this;
  }

  public IoVector add(MemorySegment segment, long offsetBytes, long rangeLengthBytes) {
    if (count == segments.length) {
      segments = Arrays.copyOf(segments, count * 2);
      offsets = Arrays.copyOf(offsets, count * 2);
      lengths = Arrays.copyOf(lengths, count * 2);
    }
    segments[count] = segment;
    offsets[count] = offsetBytes;
    lengths[count] = rangeLengthBytes;
    count++;
    lengthBytes += rangeLengthBytes;
    return this;
  }

  /** Adds the part {@code [fromBytes, fromBytes + partLengthBytes)} of another vector. */
  public IoVector addPart(IoVector other, long fromBytes, long partLengthBytes) {
    Objects.checkFromIndexSize(fromBytes, partLengthBytes, other.lengthBytes);
    long skip = fromBytes;
    long left = partLengthBytes;
    for (int i = 0; left > 0; i++) {
      long length = other.lengths[i];
      if (skip >= length) {
        skip -= length;
        continue;
      }
      long take = Math.min(length - skip, left);
      add(other.segments[i], other.offsets[i] + skip, take);
      left -= take;
      skip = 0;
    }
    return this;
  }

  /** Number of ranges. */
  public int count() {
    return count;
  }

  public MemorySegment segment(int index) {
    return segments[index];
  }

  public long offsetBytes(int index) {
    return offsets[index];
  }

  public long lengthBytes(int index) {
    return lengths[index];
  }

  /** Length of all ranges together. */
  public long lengthBytes() {
    return lengthBytes;
  }

  /** Copies the whole content into {@code target} from {@code targetOffsetBytes} on. */
  public void copyTo(MemorySegment target, long targetOffsetBytes) {
    long at = targetOffsetBytes;
    for (int i = 0; i < count; i++) {
      MemorySegment.copy(segments[i], offsets[i], target, at, lengths[i]);
      at += lengths[i];
    }
  }

  /** Fills the ranges from {@code source}, which holds at least {@link #lengthBytes()}. */
  public void copyFrom(MemorySegment source, long sourceOffsetBytes) {
    long at = sourceOffsetBytes;
    for (int i = 0; i < count; i++) {
      MemorySegment.copy(source, at, segments[i], offsets[i], lengths[i]);
      at += lengths[i];
    }
  }

  /** Whether the content equals that of {@code other} from {@code otherOffsetBytes} on. */
  public boolean contentEquals(MemorySegment other, long otherOffsetBytes) {
    long at = otherOffsetBytes;
    for (int i = 0; i < count; i++) {
      long end = at + lengths[i];
      if (MemorySegment.mismatch(segments[i], offsets[i], offsets[i] + lengths[i], other, at, end)
          >= 0) {
        return false;
      }
      at = end;
    }
    return true;
  }
}
