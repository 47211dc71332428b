package io.dnvme.main.bench;

import java.util.concurrent.TimeUnit;

/**
 * What a load does; everything checked.
 *
 * @param transferBytes of each command
 * @param depth commands in flight of each worker
 * @param workers each with a queue of its own
 * @param readPercent share of reads
 * @param rate commands a second over all workers; 0 for as many as possible
 * @param seed of offsets and contents
 */
record BenchSettings(
    Workload workload,
    int transferBytes,
    int depth,
    int workers,
    int readPercent,
    long timeSeconds,
    long rampSeconds,
    double rate,
    boolean verify,
    long seed) {

  long timeNanos() {
    return TimeUnit.SECONDS.toNanos(timeSeconds);
  }

  long rampNanos() {
    return TimeUnit.SECONDS.toNanos(rampSeconds);
  }
}
