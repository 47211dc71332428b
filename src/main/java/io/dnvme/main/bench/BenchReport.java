package io.dnvme.main.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.dnvme.main.Sizes;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Writes a run's result for people or for programs. The names in JSON are kept stable. */
final class BenchReport {

  private static final double MEGABYTE = 1e6;

  private BenchReport() {}

  static String json(BenchResult result) {
    BenchSettings settings = result.settings();
    var options = new LinkedHashMap<String, Object>();
    options.put("rw", settings.workload().name().toLowerCase(Locale.ROOT));
    options.put("bs", settings.transferBytes());
    options.put("qd", settings.depth());
    options.put("queues", settings.workers());
    options.put("rwmixread", settings.readPercent());
    options.put("rate", settings.rate());
    options.put("seed", settings.seed());
    options.put("verify", settings.verify());
    var verify = new LinkedHashMap<String, Object>();
    verify.put("blocks", result.verifiedBlocks());
    verify.put("mismatches", result.mismatches());
    verify.put("first_mismatch", result.firstMismatch());
    var json = new LinkedHashMap<String, Object>();
    json.put("device", result.device());
    json.put("options", options);
    json.put("seconds", result.seconds());
    json.put("read", direction(result.reads()));
    json.put("write", direction(result.writes()));
    json.put("errors", result.errors());
    json.put("verify", verify);
    json.put("connection_losses", result.losses());
    json.put("unfinished", result.unfinished());
    json.put("cpu_cores", result.cpuCores());
    try {
      return new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static String text(BenchResult result) {
    BenchSettings settings = result.settings();
    var text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%s%n%s, %s, queue depth %d, %d queue%s, %.1f s%n",
            result.device(),
            settings.workload().name().toLowerCase(Locale.ROOT),
            Sizes.format(settings.transferBytes()),
            settings.depth(),
            settings.workers(),
            settings.workers() == 1 ? "" : "s",
            result.seconds()));
    direction(text, "read", result.reads());
    direction(text, "write", result.writes());
    text.append(String.format(Locale.ROOT, "CPU    %.2f cores%n", result.cpuCores()));
    if (settings.verify()) {
      text.append(
          String.format(
              "verify %d blocks, %d wrong%n", result.verifiedBlocks(), result.mismatches()));
    }
    if (result.firstMismatch() != null) {
      text.append(String.format("       first: %s%n", result.firstMismatch()));
    }
    if (result.losses() > 0) {
      text.append(String.format("lost   the connection %d times%n", result.losses()));
    }
    result
        .errors()
        .forEach((status, count) -> text.append(String.format("error  %s: %d%n", status, count)));
    if (result.unfinished()) {
      text.append(String.format("error  some commands never ended%n"));
    }
    return text.toString();
  }

  private static Map<String, Object> direction(LatencySummary summary) {
    var json = new LinkedHashMap<String, Object>();
    json.put("operations", summary.operations());
    json.put("iops", Math.round(summary.iops() * 10) / 10.0);
    json.put("bytes_per_second", Math.round(summary.bytesPerSecond()));
    json.put("latency_us", summary.latencyMicros());
    return json;
  }

  private static void direction(StringBuilder text, String name, LatencySummary summary) {
    if (summary.operations() == 0) {
      return;
    }
    text.append(
        String.format(
            Locale.ROOT,
            "%-6s %,.0f IOPS, %,.1f MB/s%n       µs:",
            name,
            summary.iops(),
            summary.bytesPerSecond() / MEGABYTE));
    summary
        .latencyMicros()
        .forEach((label, micros) ->
            text.append(String.format(Locale.ROOT, " %s %.1f", label.replace('_', '.'), micros)));
    text.append(System.lineSeparator());
  }
}
