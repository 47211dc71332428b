package io.dnvme.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** How a host finds disks and connects to them. */
@UsesLinuxHost
class DiscoveryTest {

  private static DnvmeServer server;

  @BeforeAll
  static void start() throws Exception {
    server = DnvmeServer.inMemory().disk("first", "64M").disk("second", "32M").portals(2).start();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @Test
  void discover_twoDisksOnTwoPortals_listsEachOnEach(LinuxHost host) throws Exception {
    String json =
        host.succeed(server.script("nvme discover -t tcp -a $address -s $discovery -o json"));
    var found = new ArrayList<String>();
    for (JsonNode entry : new ObjectMapper().readTree(json).get("records")) {
      assertThat(entry.get("trtype").asText()).isEqualTo("tcp");
      assertThat(entry.get("traddr").asText()).isEqualTo(DnvmeServer.ADDRESS_IN_GUEST);
      if (entry.get("subtype").asText().equals("nvme subsystem")) {
        found.add(entry.get("subnqn").asText() + " " + entry.get("trsvcid").asText());
      }
    }
    var expected = new ArrayList<String>();
    for (String nqn : server.nqns()) {
      expected.addAll(List.of(nqn + " " + server.port(0), nqn + " " + server.port(1)));
    }
    assertThat(found).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void connect_oneDisk_appears(LinuxHost host) {
    String sectors =
        host.succeed(
            server.script("connect $nqn $port; disk=$(disk $nqn); blockdev --getsize64 $disk"));
    assertThat(sectors.strip()).isEqualTo(Long.toString(64L << 20));
  }

  @Test
  void connectAll_everyDisk_appearsOnEveryPortal(LinuxHost host) {
    String paths =
        host.succeed(
            server.script(
                """
                nvme connect-all -t tcp -a $address -s $discovery --keep-alive-tmo=5
                disk $nqn >/dev/null
                disk $nqn2 >/dev/null
                paths $nqn
                paths $nqn2
                """));
    assertThat(paths).hasLineCount(4);
    assertThat(paths.lines()).allMatch(path -> path.endsWith("optimized"));
  }

  @Test
  void connect_unknownSubsystem_isRefusedAtOnce(LinuxHost host) {
    ScriptResult result = host.run(server.script("connect nqn.2026-11.io.example:none $port"));
    assertThat(result.exitStatus()).as(result.toString()).isNotZero();
    assertThat(host.succeed("await 5 no_controller")).isEmpty();
  }

  @Test
  void connect_hostNotOnTheList_isRefusedAndSeesNothing(LinuxHost host) throws Exception {
    try (var closed =
        DnvmeServer.inMemory()
            .disk("disk1", "64M")
            .option("--host-nqn", "nqn.2014-08.org.nvmexpress:uuid:" + new UUID(0, 1))
            .start()) {
      ScriptResult result = host.run(closed.script("connect $nqn $port"));
      assertThat(result.exitStatus()).as(result.toString()).isNotZero();
      assertThat(host.succeed(closed.script("nvme discover -t tcp -a $address -s $discovery")))
          .doesNotContain(closed.nqn());
    }
  }

  @Test
  void discover_persistently_keepsTheConnection(LinuxHost host) {
    host.succeed(
        server.script(
            """
            nvme discover -t tcp -a $address -s $discovery --persistent --keep-alive-tmo=5
            await 5 path_is nqn.2014-08.org.nvmexpress.discovery $discovery live
            """));
  }

  @Test
  void disconnect_connectedDisk_isGone(LinuxHost host) {
    String said =
        host.succeed(
            server.script(
                """
                connect $nqn $port
                disk $nqn >/dev/null
                nvme disconnect -n $nqn
                await 5 no_controller
                """));
    assertThat(said).contains("disconnected 1 controller");
  }
}
