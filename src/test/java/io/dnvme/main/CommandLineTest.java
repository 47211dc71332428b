package io.dnvme.main;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is asked wrongly is refused with one clear line and exit status 2. */
class CommandLineTest {

  @TempDir Path temp;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  private int up(String... more) {
    String[] quiet = {
      "up", "--dir", temp.resolve("data").toString(), "--discovery", "off", "--monitoring", "off"
    };
    return run(Stream.concat(Stream.of(quiet), Stream.of(more)).toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource({
    "--vdisk, a=1X, '1X' is no size",
    "--vdisk, a, 'a' is no disk",
    "--vdisk, A=1G, 'A' is no disk name",
    "--vdisk, a=0, must be positive",
    "--vdisk, a=1000, no multiple of the block size",
    "--listen, 4420, '4420' is no address",
    "--listen, 127.0.0.1:70000, is no address",
    "--discovery, nowhere, 'nowhere' is no address",
    "--block-size, 1000, must be 512 or 4096",
    "--backing, tape, tape",
    "--set, nothing.such=1, there is no setting dnvme.nothing.such",
    "--set, transport.reactor.poll=never, dnvme.transport.reactor.poll must be",
    "--set, transport.reactor.count=many, dnvme.transport.reactor.count",
    "--host-nqn, me, not an NVMe qualified name: me",
    "--read-iops, -1, cannot be negative",
    "--what, ever, Unknown option",
  })
  void badValue_isRefusedInOneLine_andChangesNothing(String option, String value, String message) {
    assertThat(up("--listen", "127.0.0.1:0", option, value)).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).startsWith("dnvme: ").contains(message);
    assertThat(err.toString().lines().filter(line -> !line.startsWith("Try '"))).hasSize(1);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void portInUse_isNamed() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      assertThat(up("--listen", address)).isEqualTo(ExitCode.USAGE);
      assertThat(err.toString()).contains("cannot listen on " + address);
    }
  }

  @Test
  void monitoringPortInUse_isNamed() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      assertThat(up("--listen", "127.0.0.1:0", "--monitoring", address)).isEqualTo(ExitCode.USAGE);
      assertThat(err.toString()).contains("cannot serve monitoring on " + address);
    }
  }

  @Test
  void directoryThatIsAFile_isNamed() throws Exception {
    Path file = Files.writeString(temp.resolve("file"), "mine");
    assertThat(run("up", "--dir", file.toString())).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("cannot use " + file);
    assertThat(file).hasContent("mine");
  }

  @Test
  void help_namesTheCommands() {
    assertThat(run("--help")).isEqualTo(ExitCode.OK);
    assertThat(out.toString()).contains("up");
  }

  @Test
  void nothing_isToldHowToGoOn() {
    assertThat(run()).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("dnvme: Missing").contains("Try 'dnvme --help'.");
  }
}
