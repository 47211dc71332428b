package io.dnvme.volume.mirror;

import java.util.ArrayList;
import java.util.List;

/**
 * What a block may hold, by what its hosts saw: each write takes effect once between its start and
 * its end; one that failed may or may not have. A value is impossible once a write that began after
 * its own end was acknowledged.
 */
final class BlockHistory {

  /** One write of the block. */
  static final class Write {
    final int value;
    final long start;
    long end = Long.MAX_VALUE;
    boolean acknowledged;

    private Write(int value, long start) {
      this.value = value;
      this.start = start;
    }
  }

  private final List<Write> writes = new ArrayList<>();
  private int lastValue;

  /** A block of zeroes. */
  BlockHistory() {
    over(begin(0, -1), -1, true);
  }

  /** A value that was never written here. */
  int newValue() {
    return lastValue + 1;
  }

  Write begin(int value, long now) {
    lastValue = Math.max(lastValue, value);
    var write = new Write(value, now);
    writes.add(write);
    return write;
  }

  void over(Write write, long now, boolean acknowledged) {
    write.end = now;
    write.acknowledged = acknowledged;
  }

  /** It is known to have done nothing. */
  void undone(Write write) {
    writes.remove(write);
  }

  /** Whether a read between these times may see {@code value}. */
  boolean allows(int value, long readStart, long readEnd) {
    return writes.stream()
        .anyMatch(write ->
            write.value == value
                && write.start < readEnd
                && writes.stream()
                    .noneMatch(later ->
                        later.acknowledged && later.start > write.end && later.end < readStart));
  }
}
