package io.dnvme.main.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** One direction's figures of a run; latencies in microseconds. */
record LatencySummary(long operations, double iops, double bytesPerSecond, Histogram nanos) {

  private static final double NANOS_PER_MICRO = 1e3;

  private static final Map<String, Double> PERCENTILES = percentiles();

  static LatencySummary of(Histogram nanos, int transferBytes, double seconds) {
    long operations = nanos.getTotalCount();
    double iops = operations / seconds;
    return new LatencySummary(operations, iops, iops * transferBytes, nanos);
  }

  /** By name: min, mean, p50, p90, p99, p99_9, p99_99, max. Empty without operations. */
  Map<String, Double> latencyMicros() {
    var latency = new LinkedHashMap<String, Double>();
    if (operations == 0) {
      return latency;
    }
    latency.put("min", micros(nanos.getMinValue()));
    latency.put("mean", micros(nanos.getMean()));
    PERCENTILES.forEach(
        (name, percentile) -> latency.put(name, micros(nanos.getValueAtPercentile(percentile))));
    latency.put("max", micros(nanos.getMaxValue()));
    return latency;
  }

  private static double micros(double nanos) {
    return Math.round(nanos / NANOS_PER_MICRO * 100) / 100.0;
  }

  private static Map<String, Double> percentiles() {
    var percentiles = new LinkedHashMap<String, Double>();
    percentiles.put("p50", 50.0);
    percentiles.put("p90", 90.0);
    percentiles.put("p99", 99.0);
    percentiles.put("p99_9", 99.9);
    percentiles.put("p99_99", 99.99);
    return percentiles;
  }
}
