package io.dnvme.main.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dnvme.main.CommandException;
import io.dnvme.main.ExitCode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class BenchCommandTest {

  private final StringWriter err = new StringWriter();

  private int run(String... options) {
    var arguments = new ArrayList<>(List.of("--nqn", "nqn.2026-01.org.example:disk"));
    arguments.addAll(List.of(options));
    return new CommandLine(new BenchCommand())
        .setErr(new PrintWriter(err))
        .setExecutionExceptionHandler((e, command, parsed) -> {
          if (e instanceof CommandException expected) {
            command.getErr().println(expected.getMessage());
            return expected.exitCode();
          }
          throw e;
        })
        .execute(arguments.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--rw=sideways",
        "--bs=100",
        "--bs=1M",
        "--bs=x",
        "--qd=0",
        "--qd=100000",
        "--queues=0",
        "--time=0",
        "--ramp=-1",
        "--rwmixread=101",
        "--poll=never",
        "-o=xml",
        "--reactors=0",
        "--nqn=disk",
        "--hostnqn=me",
        "--keep-alive-tmo=-1",
        "--unknown"
      })
  void wrongUsage_isToldInOneLine(String option) {
    assertThat(run("--connect", "127.0.0.1:1", option)).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString().strip()).isNotEmpty();
  }

  @Test
  void wrongAddress_isWrongUsage() {
    assertThat(run("--connect", "nowhere")).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void nobodyThere_isUnavailable() throws Exception {
    int port;
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = taken.getLocalPort();
    }
    assertThat(run("--connect", "127.0.0.1:" + port, "--poll", "sleep"))
        .isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(err.toString()).contains("127.0.0.1:" + port);
  }

  @Test
  void range_isCountedInTransfers() {
    assertThat(Range.parse(null, 1 << 20, 4096)).isEqualTo(new Range(0, 256));
    assertThat(Range.parse("64k", 1 << 20, 4096)).isEqualTo(new Range(0, 16));
    assertThat(Range.parse("512k+64k", 1 << 20, 4096)).isEqualTo(new Range(128, 16));
    for (String wrong : List.of("2M", "1M+4k", "1k+4k", "+4k", "x")) {
      assertThatThrownBy(() -> Range.parse(wrong, 1 << 20, 4096))
          .isInstanceOf(CommandException.class);
    }
  }

  @Test
  void json_keepsItsNames() throws Exception {
    var reads = new Histogram(LoadWorker.MAX_LATENCY_NANOS, 3);
    reads.recordValue(10_000);
    var settings = new BenchSettings(Workload.RW, 4096, 32, 1, 70, 10, 1, 0, true, 7);
    var result =
        new BenchResult(
            "disk",
            settings,
            10,
            LatencySummary.of(reads, 4096, 10),
            LatencySummary.of(new Histogram(LoadWorker.MAX_LATENCY_NANOS, 3), 4096, 10),
            Map.of("WRITE_FAULT", 3L),
            5,
            1,
            "LBA 1",
            0,
            false,
            1.5);
    JsonNode json = new ObjectMapper().readTree(BenchReport.json(result));
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "device",
            "options",
            "seconds",
            "read",
            "write",
            "errors",
            "verify",
            "connection_losses",
            "unfinished",
            "cpu_cores");
    assertThat(json.get("read").get("latency_us").fieldNames())
        .toIterable()
        .containsExactly("min", "mean", "p50", "p90", "p99", "p99_9", "p99_99", "max");
    assertThat(json.get("read").get("latency_us").get("p50").asDouble()).isBetween(9.9, 10.1);
    assertThat(json.get("errors").get("WRITE_FAULT").asLong()).isEqualTo(3);
    assertThat(json.get("options").get("rw").asText()).isEqualTo("rw");
    assertThat(BenchReport.text(result)).contains("1 wrong", "LBA 1", "WRITE_FAULT: 3");
    assertThat(result.isGood()).isFalse();
  }
}
