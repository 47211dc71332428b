package io.dnvme.main.bench;

import java.util.Map;

/**
 * What a run found out.
 *
 * @param device what was loaded, for people
 * @param seconds measured
 * @param errors failed commands by status
 * @param verifiedBlocks 0 where contents were not verified
 * @param firstMismatch in words, or null
 * @param losses how often the connection was lost
 * @param unfinished commands that never ended
 * @param cpuCores processor time of this process for each second
 */
record BenchResult(
    String device,
    BenchSettings settings,
    double seconds,
    LatencySummary reads,
    LatencySummary writes,
    Map<String, Long> errors,
    long verifiedBlocks,
    long mismatches,
    String firstMismatch,
    long losses,
    boolean unfinished,
    double cpuCores) {

  boolean isGood() {
    return errors.isEmpty() && mismatches == 0 && !unfinished;
  }
}
