package io.dnvme.main;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.main.disknode.DiskNode;
import io.dnvme.main.disknode.DiskNodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong with a controller's file is told in one line, and changes nothing. */
class ControllerNodeCommandTest {

  private static final String CLUSTER = "7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f0001";
  private static final String NODE = "7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f001";

  @TempDir Path temp;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  private Path file(String settings) throws IOException {
    StringBuilder nodes = new StringBuilder();
    for (int i = 0; i < 7; i++) {
      nodes.append(
          "%c { id = %s%d, address = \"127.0.0.1:%d\" }\n".formatted('a' + i, NODE, i, 9 + i));
    }
    return Files.writeString(
        temp.resolve("controller.conf"),
        """
        dnvme.transport.reactor { count = 1, poll = sleep }
        dnvme.controller-node {
          cluster = %s, id = 7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f0020, listen = ["127.0.0.1:0"]
          nodes { %s }
          vdisks.disk1 {
            id = 7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f00aa, holders = [a, b, c]
            create { groups = [[a, b, c]], size = 32M }
          }
          %s
        }
        """
            .formatted(CLUSTER, nodes, settings));
  }

  private void assertRefused(Path file, String message) {
    assertThat(run("controller", "--config", file.toString())).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).startsWith("dnvme: ").contains(message);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(out.toString()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vdisks.disk1.holders = [a, b] | vdisks.disk1.holders: must be 1, 3 or 5 nodes, not 2",
        "vdisks.disk1.holders = [a, b, c, d, e, f, g] | vdisks.disk1.holders: must be 1, 3 or 5 nodes, not 7",
        "vdisks.disk1.holders = [] | vdisks.disk1.holders: must be 1, 3 or 5 nodes, not 0",
        "vdisks.disk1.holders = [a, b, x] | vdisks.disk1.holders: there is no node x",
        "vdisks.disk1.holders = [a, b, a] | vdisks.disk1.holders: names a twice",
        "vdisks.disk1.create.groups = [[a, b, a]] | vdisks.disk1.create.groups: names a twice: two members on one disk",
        "vdisks.disk1.create.groups = [[a, x]] | vdisks.disk1.create.groups: there is no node x",
        "vdisks.disk1.create.groups = [[a, b, c, d]] | a group has 1 to 3 members, not 4",
        "vdisks.disk1.create.groups = [[]] | a group has 1 to 3 members, not 0",
        "vdisks.disk1.create.groups = [] | must be 1 to 128 groups",
        "vdisks.disk1.create.groups = [[a], [b, c]] | all groups must have as many members",
        "vdisks.disk1.create.groups = [a, b] | must be a list of lists",
        "vdisks.disk1.create.size = 5000 | vdisks.disk1.create.size: must be whole blocks",
        "vdisks.disk1.create.size = 0 | vdisks.disk1.create.size: must be whole blocks",
        "vdisks.disk1.create.size = 9000P | no size",
        "vdisks.disk1.create.size = 65T | vdisks.disk1.create.size: must be at most 64T",
        "vdisks.disk1.create.size = 8191P | vdisks.disk1.create.size: must be at most 64T",
        "vdisks.disk1.create.checksums = maybe | vdisks.disk1.create.checksums: cannot be 'maybe'",
        "vdisks.disk1.create.checksum = true | there is no setting dnvme.controller-node.vdisks.disk1.create.checksum",
        "vdisks.disk1.block-size = 1024 | vdisks.disk1.block-size: must be 512 or 4096",
        "vdisks.disk1.lease = 1ms | vdisks.disk1.lease: must be 20 to 60000 ms",
        "vdisks.disk1.lease = 2m | vdisks.disk1.lease: must be 20 to 60000 ms",
        "vdisks.disk1.holder-patience = 0s | vdisks.disk1.holder-patience: must be positive",
        "vdisks.disk1.replace = { b = c } | vdisks.disk1.replace: 'b' is no UUID",
        "vdisks.disk1.replace = [b] | vdisks.disk1.replace: cannot be a list",
        "vdisks.\"\" = { id = 7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f00aa, holders = [a] } | section dnvme.controller-node.vdisks.: its name must have 1 to 255 bytes, not 0",
        "vdisks.two = { id = 7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f00aa, holders = [a] } | vdisks.two.id: is virtual disk disk1's, too: each has its own",
        "vdisks.two = 7 | vdisks.two: cannot be '7'",
        "vdisks = null, vdisks {} | vdisks: must have 1 to 1024 virtual disks, each a section by its name, not 0",
        "vdisks = null, vdisk = { id = 7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f00aa, holders = [a] } | setting dnvme.controller-node.vdisks is missing",
        "vdisk = { id = 7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f00aa, holders = [a] } | there is no setting dnvme.controller-node.vdisk",
        "vdisks.disk1.id = 1-2-3-4-5 | vdisks.disk1.id: '1-2-3-4-5' is no UUID",
        "vdisks.disk1.hodlers = [a] | there is no setting dnvme.controller-node.vdisks.disk1.hodlers",
        "nodes.a.port = 1 | there is no setting dnvme.controller-node.nodes.a.port",
        "nodes.a.distance = -1 | nodes.a.distance: must be 0 to 1000, not -1",
        "nodes.a.distance = 1001 | nodes.a.distance: must be 0 to 1000, not 1001",
        "nodes.a.distance = far | nodes.a.distance: cannot be 'far'",
        "rebuild.min-rate = 0 | rebuild.min-rate: must be positive",
        "rebuild.min-rate = unlimited | rebuild.min-rate: 'unlimited' is no size",
        "rebuild.max-rate = 1M | rebuild.max-rate: must not be below min-rate",
        "rebuild.max-rate = 0 | rebuild.max-rate: must not be below min-rate",
        "rebuild.max-rate = fast | rebuild.max-rate: 'fast' is no size",
        "rebuild.rate = 1M | there is no setting dnvme.controller-node.rebuild.rate",
        "scrub.interval = 0 | scrub.interval: must be positive",
        "scrub.interval = 500ms | scrub.interval: must be 1s to 3650d, or off",
        "scrub.interval = 3651d | scrub.interval: must be 1s to 3650d, or off",
        "scrub.interval = never | scrub.interval: ",
        "scrub.at-start = soon | scrub.at-start: cannot be 'soon'",
        "scrub.min-rate = 0 | scrub.min-rate: must be positive",
        "scrub.max-rate = 1M | scrub.max-rate: must not be below min-rate",
        "scrub.rate = 1M | there is no setting dnvme.controller-node.scrub.rate",
        "monitoring = on | monitoring: ",
        "monitoring = 7421 | monitoring: ",
        "number = 16 | number: must be 0 to 15, not 16",
        "nodes.b.id = 7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f0010 | is node a's, too: a disk is named once",
        "nodes.b.address = \"127.0.0.1:9\" | is node a's, too: a disk is named once",
        "nodes.b.address = nowhere | 'nowhere' is no address",
      })
  void wrongSetting_isRefused(String settings, String message) throws IOException {
    assertRefused(file(settings), message);
  }

  @Test
  void moreVirtualDisksThanOneControllerHas_areRefused() throws IOException {
    var disks = new StringBuilder("vdisks {");
    for (int i = 1; i <= 1024; i++) {
      disks.append("\nd%d { id = %s, holders = [a] }".formatted(i, new UUID(7, i)));
    }
    assertRefused(
        file(disks.append("}").toString()),
        "1 to 1024 virtual disks, each a section by its name, not 1025");
  }

  @Test
  void addressInUse_isRefused() throws IOException {
    try (var used = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + used.getLocalPort();
      assertRefused(
          file("listen = [\"" + address + "\"]"),
          "cannot listen on " + address + ": Address already in use; name another address");
    }
  }

  @Test
  void groupLargerThanADisk_isRefused_andNothingIsAllocated() throws IOException {
    assertNotMade("create { groups = [[a]], size = 64M }", " is too small: ");
  }

  @Test
  void blocksOtherThanTheDisks_areRefused_andNothingIsAllocated() throws IOException {
    assertNotMade(
        "block-size = 512, create { groups = [[a]], size = 16M }",
        " has blocks of 4096 bytes, and those of the virtual disk are to have 512: ");
  }

  private void assertNotMade(String vdisk, String message) throws IOException {
    Path nodeFile = temp.resolve("node.conf");
    Files.writeString(
        nodeFile,
        """
        dnvme.transport.reactor { count = 1, poll = sleep }
        dnvme.disk-node {
          cluster = %s, id = %s0, listen = ["127.0.0.1:0"], extent-size = 4M, record-pages = 32
          disk { path = "%s", size = 64M }
        }
        """
            .formatted(CLUSTER, NODE, temp.resolve("disk")));
    try (DiskNode node = DiskNodes.start(nodeFile)) {
      Path file =
          file(
              """
              nodes.a.address = "127.0.0.1:%d"
              vdisks.disk1 { holders = [a], %s }
              """
                  .formatted(node.portals().getFirst().port(), vdisk));
      assertThat(run("controller-node", "--config", file.toString())).isEqualTo(ExitCode.USAGE);
      assertThat(err.toString().lines()).hasSize(1);
      assertThat(err.toString())
          .startsWith("dnvme: cannot make virtual disk disk1, and nothing was made: ")
          .contains("node " + NODE + "0 at ")
          .contains(message);
    }
    assertThat(run("disk-node", "--config", nodeFile.toString(), "--check")).isEqualTo(ExitCode.OK);
    assertThat(out.toString()).contains(": 0 used, ").doesNotContain("logical disk", "record  ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"controller", "controller-node", "disk-node"})
  void help_namesTheFileAndWhereItIsExplained(String name) {
    assertThat(run(name, "--help")).isEqualTo(ExitCode.OK);
    assertThat(out.toString())
        .contains("--config=FILE", "docs/by-hand.md", "Exit status: 0 ")
        .contains(name.equals("disk-node") ? "--check" : "dnvme controller-node");
  }
}
