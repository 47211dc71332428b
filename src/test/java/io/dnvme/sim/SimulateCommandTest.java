package io.dnvme.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What {@code dnvme simulate} prints, and that it replays exactly. */
class SimulateCommandTest {

  private static final Pattern REPLAY = Pattern.compile("replay: \\./dnvme simulate (.*)");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return new CommandLine(new SimulateCommand())
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  @Test
  void seedsThatHold_areSummedUp_withFigures() {
    assertThat(run("--world", "target", "--seed", "5", "--seeds", "3")).isZero();
    assertThat(out.toString())
        .contains("world 'target': 3 seeds, 0 failed; ")
        .containsPattern("per minute of CPU: [0-9.]+ simulated hours, [0-9]+ faults, [0-9]+ seeds");
    assertThat(run("--world", "target", "--seed", "5", "--table")).isZero();
    assertThat(out.toString()).contains("world 'target': 1 seeds, 0 failed; ");
    Scenarios.named("target", null)
        .getFirst()
        .nemeses()
        .forEach(nemesis -> assertThat(out.toString()).contains(nemesis));
  }

  @Test
  void seedThatFails_isToldWithWhatReplaysIt() {
    assertThat(run("--world", "target", "--plant", "FORGET_DRAIN", "--seeds", "20")).isEqualTo(1);
    Matcher replay = REPLAY.matcher(out.toString());
    assertThat(replay.find()).as(out.toString()).isTrue();
    String violation = out.toString().lines().skip(1).findFirst().orElseThrow();
    assertThat(run(replay.group(1).split(" "))).isEqualTo(1);
    assertThat(out.toString().lines()).contains(violation);
  }

  @Test
  void whatMakesNoSense_isRefused() {
    assertThat(run("--seeds", "0")).isEqualTo(2);
    assertThat(err.toString()).contains("--seeds must be at least 1, not 0");
    assertThat(run("--world", "moon")).isEqualTo(2);
    assertThat(err.toString()).contains("there is no world 'moon'; there are ");
    assertThat(run("--plant", "HONEYSUCKLE")).isEqualTo(2);
    assertThat(err.toString()).contains("HONEYSUCKLE");
    assertThat(run("--seed", "one")).isEqualTo(2);
  }

  /** Nothing of a course may rest on what differs from one virtual machine to the next. */
  @Test
  void trace_isTheSameInEveryProcess() throws Exception {
    for (String world : List.of("disk-node", "leg")) {
      List<String> traces = new ArrayList<>();
      for (int process = 0; process < 2; process++) {
        traces.add(traceOfAProcess(world));
      }
      assertThat(traces.getFirst().lines().count()).isGreaterThan(1000);
      assertThat(traces.getLast()).isEqualTo(traces.getFirst());
    }
  }

  private static String traceOfAProcess(String world) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                SimulateCommand.class.getName(),
                "--world",
                world,
                "--seed",
                "3",
                "--trace")
            .redirectErrorStream(true)
            .start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(printed).isZero();
    // How much CPU it took is no part of it.
    return printed
        .lines()
        .filter(line -> !line.startsWith("per minute"))
        .collect(Collectors.joining("\n"));
  }
}
