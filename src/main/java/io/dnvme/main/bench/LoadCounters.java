package io.dnvme.main.bench;

import io.dnvme.block.BlockStatus;

/** What a worker did; written on its reactor, read by anyone, a moment late. */
final class LoadCounters {

  private final long[] errors = new long[BlockStatus.values().length];
  private long reads;
  private long writes;
  private long mismatches;
  private BlockStatus lastError;
  private String firstMismatch;

  void done(boolean read) {
    if (read) {
      reads++;
    } else {
      writes++;
    }
  }

  void failed(BlockStatus status) {
    errors[status.ordinal()]++;
    lastError = status;
  }

  void mismatched(String description) {
    mismatches++;
    if (firstMismatch == null) {
      firstMismatch = description;
    }
  }

  /** Forgets what was measured; errors and mismatches stay. */
  void reset() {
    reads = 0;
    writes = 0;
  }

  long reads() {
    return reads;
  }

  long writes() {
    return writes;
  }

  long errors() {
    long sum = 0;
    for (long count : errors) {
      sum += count;
    }
    return sum;
  }

  long errors(BlockStatus status) {
    return errors[status.ordinal()];
  }

  BlockStatus lastError() {
    return lastError;
  }

  long mismatches() {
    return mismatches;
  }

  String firstMismatch() {
    return firstMismatch;
  }
}
