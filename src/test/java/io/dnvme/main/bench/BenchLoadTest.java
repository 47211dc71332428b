package io.dnvme.main.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dnvme.main.CommandException;
import io.dnvme.main.Configuration;
import io.dnvme.main.Endpoint;
import io.dnvme.main.ExitCode;
import io.dnvme.main.up.Backing;
import io.dnvme.main.up.DiskLimits;
import io.dnvme.main.up.UpServer;
import io.dnvme.main.up.UpSettings;
import io.dnvme.main.up.VirtualDiskSpec;
import io.dnvme.target.subsystem.HostAccess;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** {@code dnvme bench} against what {@code dnvme up} serves. */
class BenchLoadTest {

  @TempDir Path temp;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private UpServer serve(Backing backing, int port) {
    var settings =
        new UpSettings(
            temp.resolve("data"),
            List.of(new Endpoint("127.0.0.1", port)),
            Optional.empty(),
            Optional.empty(),
            Optional.of(new Endpoint("127.0.0.1", 0)),
            List.of(VirtualDiskSpec.parse("a=32M")),
            backing,
            4096,
            false,
            false,
            HostAccess.ANY,
            DiskLimits.NONE);
    return UpServer.start(
        settings,
        Configuration.load(
            Map.of("transport.reactor.count", "1", "transport.reactor.poll", "sleep")));
  }

  private int bench(UpServer server, String... options) {
    int port = server.portals().getFirst().port();
    var arguments =
        new ArrayList<>(
            List.of("--connect", "127.0.0.1:" + port, "--nqn", server.nqn("a"), "--poll=sleep"));
    arguments.addAll(List.of(options));
    return new CommandLine(new BenchCommand())
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
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
        "--rw=randread",
        "--rw=rw --verify",
        "--rw=rw --verify --hdr-digest --data-digest --qd=8",
        "--rw=write --bs=128k --verify --qd=4",
        "--rw=randwrite --bs=64k --verify --data-digest --qd=4 --queues=4 --reactors=2",
        "--rw=read --bs=16k --size=8M+16M --nsid=1 --rate=500"
      })
  void everyLoad_findsNothingWrong(String options) throws Exception {
    try (UpServer server = serve(Backing.MEMORY, 0)) {
      var arguments = new ArrayList<>(List.of(options.split(" ")));
      arguments.addAll(List.of("--time=1", "--ramp=0", "-o=json"));
      assertThat(bench(server, arguments.toArray(String[]::new))).as("%s", err).isZero();
    }
    JsonNode json = new ObjectMapper().readTree(out.toString());
    long operations =
        json.get("read").get("operations").asLong() + json.get("write").get("operations").asLong();
    assertThat(operations).isPositive();
    assertThat(json.get("verify").get("blocks").asLong() > 0)
        .isEqualTo(options.contains("--verify"));
  }

  @Test
  void targetThatRestarts_costsTimeOnly() throws Exception {
    UpServer server = serve(Backing.FILE, 0);
    int port = server.portals().getFirst().port();
    UpServer first = server;
    var run =
        CompletableFuture.supplyAsync(
            () -> bench(first, "--rw=rw", "--verify", "--time=6", "--ramp=0", "-o=json"));
    awaitLoad(server);
    server.close();
    server = serve(Backing.FILE, port);
    try {
      assertThat(run.get(120, TimeUnit.SECONDS)).as("%s %s", out, err).isZero();
    } finally {
      server.close();
    }
    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.get("connection_losses").asLong()).isPositive();
    assertThat(json.get("verify").get("mismatches").asLong()).isZero();
  }

  @Test
  void list_namesTheNamespaces_andAMissingOneIsNotFound() {
    try (UpServer server = serve(Backing.MEMORY, 0)) {
      assertThat(bench(server, "--list")).isZero();
      assertThat(out.toString()).startsWith("1  32M  blocks of 4096  uuid ");
      assertThat(bench(server, "--nsid=2")).isEqualTo(ExitCode.NOT_FOUND);
      assertThat(bench(server, "--bs=6k")).isEqualTo(ExitCode.USAGE);
      assertThat(bench(server, "--verify", "--size=64k")).isEqualTo(ExitCode.USAGE);
    }
  }

  /** Waits until the disk has been written to. */
  private static void awaitLoad(UpServer server) throws Exception {
    int port = server.monitoringAddress().orElseThrow().getPort();
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build();
    var idle = Pattern.compile("operations_total.disk=\"a\",layer=\"file\",op=\"write\"} 0\\.0");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    try (var client = HttpClient.newHttpClient()) {
      while (idle.matcher(client.send(request, HttpResponse.BodyHandlers.ofString()).body())
          .find()) {
        if (System.nanoTime() - deadline > 0) {
          throw new AssertionError("nothing was written");
        }
      }
    }
  }
}
