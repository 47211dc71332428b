package io.dnvme.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host is told about controllers and namespaces, and that it may ask for all of it. */
@UsesLinuxHost
class IdentityTest {

  private static final long SIZE_BYTES = 128L << 20;

  @TempDir private static Path directory;
  private static DnvmeServer server;

  @BeforeAll
  static void start() throws Exception {
    server = DnvmeServer.in(directory).disk("disk1", "128M").start();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @Test
  void idCtrl_ofADisk_saysWhatLinuxNeeds(LinuxHost host) throws Exception {
    JsonNode controller = json(host, "nvme id-ctrl $(disk $nqn) -o json");
    assertThat(controller.get("subnqn").asText()).isEqualTo(server.nqn());
    assertThat(controller.get("sn").asText()).isNotBlank();
    assertThat(controller.get("mn").asText()).isNotBlank();
    assertThat(controller.get("kas").asInt()).isPositive();
    assertThat(controller.get("ioccsz").asInt()).isGreaterThanOrEqualTo(4);
    assertThat(controller.get("maxcmd").asInt()).isPositive();
    assertThat(controller.get("cmic").asInt() & 0b1010).as("controllers, ANA").isEqualTo(0b1010);
    assertThat(controller.get("oncs").asInt() & 0b101101)
        .as("compare, deallocate, write zeroes, reservations")
        .isEqualTo(0b101101);
    assertThat(controller.get("vwc").asInt() & 1).isEqualTo(1);
  }

  @Test
  void idNs_ofADisk_saysItsSizeAndIsShared(LinuxHost host) throws Exception {
    JsonNode namespace = json(host, "nvme id-ns $(disk $nqn) -o json");
    assertThat(namespace.get("nsze").asLong()).isEqualTo(SIZE_BYTES / 4096);
    int format = namespace.get("flbas").asInt() & 0xf;
    assertThat(namespace.get("lbafs").get(format).get("ds").asInt()).isEqualTo(12);
    assertThat(namespace.get("nmic").asInt() & 1).as("shared").isEqualTo(1);
    assertThat(namespace.get("nguid").asText()).matches("[0-9a-f]{32}").doesNotMatch("0+");
  }

  @Test
  void listSubsys_connectedDisk_hasOneLivePath(LinuxHost host) throws Exception {
    JsonNode list = json(host, "disk $nqn >/dev/null; nvme list-subsys -o json");
    JsonNode subsystem = list.get(0).get("Subsystems").get(0);
    assertThat(subsystem.get("NQN").asText()).isEqualTo(server.nqn());
    assertThat(subsystem.get("Paths")).hasSize(1);
    assertThat(subsystem.get("Paths").get(0).get("State").asText()).isEqualTo("live");
  }

  /** nvme-cli reads the log in pieces of 4 KiB, up to the length that it computes. */
  @Test
  void anaLog_ofADisk_saysItsGroupAndNamespace(LinuxHost host) throws Exception {
    JsonNode log = json(host, "nvme ana-log $(disk $nqn) -o json");
    assertThat(log.get("ngrps").asInt()).isEqualTo(1);
    assertThat(log.findValuesAsText("grpid")).containsExactly("1");
    assertThat(log.findValuesAsText("state")).containsExactly("optimized");
    assertThat(log.findValuesAsText("nsid")).containsExactly("1");

    JsonNode groupsOnly = answer(host, "nvme ana-log $(disk $nqn) --groups -o json");
    assertThat(groupsOnly.findValuesAsText("nnsids")).containsExactly("0");
  }

  @Test
  void everyLogAndFeature_asked_isAnswered(LinuxHost host) {
    host.succeed(
        server.script(
            """
            connect $nqn $port
            disk=$(disk $nqn)
            for log in error-log smart-log fw-log changed-ns-list-log effects-log ana-log; do
              nvme $log $disk >/dev/null
            done
            for feature in 0x01 0x04 0x05 0x06 0x07 0x0b 0x0f; do
              nvme get-feature $disk -f $feature >/dev/null
            done
            nvme list-ns $disk
            nvme ns-descs $disk
            nvme get-property /dev/$(controller $nqn) --offset=0x8
            nvme list
            """));
  }

  @Test
  void inputAndOutput_byCommand_works(LinuxHost host) {
    host.succeed(
        server.script(
            """
            connect $nqn $port
            disk=$(disk $nqn)
            head -c 8192 /dev/urandom >/tmp/blocks
            nvme write $disk -s 8 -c 1 -z 8192 -d /tmp/blocks
            nvme compare $disk -s 8 -c 1 -z 8192 -d /tmp/blocks
            nvme flush $disk -n 1
            nvme read $disk -s 8 -c 1 -z 8192 -d /tmp/back
            cmp /tmp/blocks /tmp/back
            nvme write-zeroes $disk -s 8 -c 0
            nvme dsm $disk -s 9 -b 1 -d
            nvme read $disk -s 8 -c 1 -z 8192 -d /tmp/back
            head -c 8192 /dev/zero | cmp - /tmp/back
            if nvme compare $disk -s 8 -c 1 -z 8192 -d /tmp/blocks; then exit 1; fi
            """));
  }

  @Test
  void reservation_acquiredAndReleased_isReported(LinuxHost host) {
    String reports =
        host.succeed(
            server.script(
                """
                connect $nqn $port
                disk=$(disk $nqn)
                nvme resv-register $disk -n 1 --nrkey=0x11 --rrega=0
                nvme resv-acquire $disk -n 1 --crkey=0x11 --rtype=1 --racqa=0
                nvme resv-report $disk -n 1 -e
                dd if=/dev/zero of=$disk bs=4k count=1 oflag=direct 2>/dev/null
                nvme resv-release $disk -n 1 --crkey=0x11 --rtype=1 --rrela=0
                nvme resv-register $disk -n 1 --crkey=0x11 --rrega=1
                nvme resv-report $disk -n 1 -e
                """));
    assertThat(reports).containsPattern("regctl *: 1").containsPattern("regctl *: 0");
  }

  private static JsonNode json(LinuxHost host, String command) throws Exception {
    host.succeed(server.script("connect $nqn $port; disk $nqn"));
    return answer(host, command);
  }

  /** Of a host that is connected. */
  private static JsonNode answer(LinuxHost host, String command) throws Exception {
    return new ObjectMapper().readTree(host.succeed(server.script(command)));
  }
}
