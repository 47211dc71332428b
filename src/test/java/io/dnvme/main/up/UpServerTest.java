package io.dnvme.main.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.main.Configuration;
import io.dnvme.main.Endpoint;
import io.dnvme.target.subsystem.HostAccess;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UpServerTest {

  private static final Endpoint ANY_PORT = new Endpoint("127.0.0.1", 0);

  @TempDir Path temp;

  private UpSettings settings(Backing backing, String... disks) {
    return new UpSettings(
        temp.resolve("data"),
        List.of(ANY_PORT, ANY_PORT),
        Optional.of(ANY_PORT),
        Optional.empty(),
        Optional.of(ANY_PORT),
        List.of(disks).stream().map(VirtualDiskSpec::parse).toList(),
        backing,
        4096,
        false,
        false,
        HostAccess.ANY,
        new DiskLimits(1000, 0, 0, 0));
  }

  private static UpServer start(UpSettings settings) {
    return UpServer.start(settings, Configuration.load(Map.of("transport.reactor.count", "1")));
  }

  @Test
  void everyDiskAndPortal_hasAConnectCommand_andListens() throws Exception {
    try (var server = start(settings(Backing.MEMORY, "a=16M", "b=16M"))) {
      assertThat(server.connectCommands())
          .hasSize(4)
          .allMatch(line -> line.startsWith("nvme connect --transport=tcp --traddr=127.0.0.1 "))
          .allMatch(line -> line.contains("--keep-alive-tmo=1"));
      assertThat(server.connectCommands().getFirst())
          .contains("--trsvcid=" + server.portals().getFirst().port())
          .contains("--nqn=" + server.nqn("a"));
      assertThat(server.discoverCommand().orElseThrow())
          .matches("nvme discover --transport=tcp --traddr=127.0.0.1 --trsvcid=[1-9][0-9]*");
      for (var portal : server.portals()) {
        try (var socket = new Socket()) {
          socket.connect(new InetSocketAddress("127.0.0.1", portal.port()));
        }
      }
    }
  }

  @Test
  void directory_keepsItsDisks_andOneProcessUsesIt() {
    String nqn;
    try (var server = start(settings(Backing.FILE, "a=16M"))) {
      nqn = server.nqn("a");
      assertThatThrownBy(() -> start(settings(Backing.FILE))).hasMessageContaining("in use");
    }
    try (var server = start(settings(Backing.FILE))) {
      assertThat(server.nqn("a")).isEqualTo(nqn);
    }
    assertThatThrownBy(() -> start(settings(Backing.FILE, "a=32M")))
        .hasMessageContaining("disk a: it exists with 16M, not 32M");
  }

  @Test
  void emptyDirectory_getsAFirstDisk() {
    try (var server = start(settings(Backing.FILE))) {
      assertThat(server.nqn("disk1")).startsWith(VirtualDisk.NQN_PREFIX);
    }
  }

  @Test
  void monitoring_tellsOfReactorsAndLayers() throws Exception {
    try (var server = start(settings(Backing.MEMORY, "a=16M"));
        var client = HttpClient.newHttpClient()) {
      int port = server.monitoringAddress().orElseThrow().getPort();
      assertThat(get(client, port, "/metrics"))
          .contains("dnvme_reactor_connections{reactor=\"0\"}")
          .contains("dnvme_target_associations 0.0", "dnvme_target_gaps_total 0.0")
          .contains("dnvme_target_associations_ended_total{reason=\"keep-alive-expired\"} 0.0")
          .contains("dnvme_io_operations_total{disk=\"a\",layer=\"memory\",op=\"read\"} 0.0")
          .contains("layer=\"qos\"");
      assertThat(get(client, port, "/health/live")).isEqualTo("live\n");
      assertThat(get(client, port, "/health/ready")).isEqualTo("ready\n");
    }
  }

  private static String get(HttpClient client, int port, String path) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).GET().build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }
}
