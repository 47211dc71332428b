package io.dnvme.main;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.disk.Commands;
import io.dnvme.disk.MachineNeeds;
import io.dnvme.main.disknode.DiskNode;
import io.dnvme.main.disknode.DiskNodes;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong with a disk node's file or disk is told in one line, and changes nothing. */
class DiskNodeCommandTest {

  private static final String CLUSTER = "7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f0001";
  private static final String OTHER_CLUSTER = "7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f0002";
  private static final String NODE = "7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f0011";
  private static final int MIB = 1 << 20;

  @TempDir Path temp;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path disk;

  @BeforeEach
  void nameDisk() {
    disk = temp.resolve("disk");
  }

  private Path file(String cluster, String listen, String settings) throws IOException {
    return Files.writeString(
        temp.resolve("node.conf"),
        """
        dnvme.transport.reactor { count = 1, poll = sleep }
        dnvme.disk-node {
          cluster = %s, id = %s, listen = ["%s"]
          extent-size = 4M, record-pages = 32
          %s
        }
        """
            .formatted(cluster, NODE, listen, settings.replace("DISK", disk.toString())));
  }

  private Path file(String settings) throws IOException {
    return file(CLUSTER, "127.0.0.1:0", settings);
  }

  private int run(Path file, String... more) {
    err.getBuffer().setLength(0);
    out.getBuffer().setLength(0);
    var command = new java.util.ArrayList<>(List.of("disk-node", "--config", file.toString()));
    command.addAll(List.of(more));
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(command.toArray(String[]::new));
  }

  private void assertRefused(Path file, String message, String... more) {
    assertThat(run(file, more)).as(err.toString()).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).startsWith("dnvme: ").contains(message);
    assertThat(err.toString().lines()).hasSize(1);
  }

  /** A disk with nothing on it, by a node that was stopped. */
  private void makeDisk() throws IOException {
    try (DiskNode node = DiskNodes.start(file("disk { path = \"DISK\", size = 32M }"))) {
      assertThat(node.portals()).hasSize(1);
    }
  }

  private void overwrite(long offset, byte[] bytes) throws IOException {
    try (var target = new RandomAccessFile(disk.toFile(), "rw")) {
      target.seek(offset);
      target.write(bytes);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "disk { path = \"DISK\", size = 32M }, extent-size = 3M | an extent has 4 MiB to 100 GiB",
        "disk { path = \"DISK\", size = 32M }, extent-size = 4500k | a multiple of 1 MiB",
        "disk { path = \"DISK\", size = 32M }, extent-size = 101G | an extent has 4 MiB to 100 GiB",
        "disk { path = \"DISK\", size = 32M }, extent-size = lots | dnvme.disk-node.extent-size",
        "disk { path = \"DISK\", size = 32M }, record-pages = 1 | must be 32 to",
        "disk { path = \"DISK\", size = 5000 } | setting dnvme.disk-node.disk.size: must be whole blocks",
        "disk { path = \"DISK\", size = 4M } | too few for the tables and one extent",
        "disk { path = \"DISK\", size = 0 } | setting dnvme.disk-node.disk.size",
        "disk { path = \"DISK\" } | say its disk.size if it is to be made",
        "disk { path = \"DISK/in/nothing\", size = 32M } | no such file or directory",
        "disk { path = \"/proc/sys/kernel/osrelease\", size = 32M } | must be readable and writable",
        "disk { path = \"/\", size = 32M } | is a directory",
        "disk { path = \"DISK\", memory = true } | a disk has either a path or memory = true",
        "disk { size = 32M } | a disk has either a path or memory = true",
        "disk { path = \"DISK\", size = 32M, block-size = 1000 } | must be 512 or 4096, not 1000",
        "disk { path = \"DISK\", size = 32M, sise = 1 } | there is no setting dnvme.disk-node.disk.sise",
        "disk { path = \"DISK\", size = 32M }, extend-size = 4M | no setting dnvme.disk-node.extend-size",
        "disk { path = \"DISK\", size = 32M }, id = me | 'me' is no UUID",
        "disk { path = \"DISK\", size = 32M }, listen = [nowhere] | 'nowhere' is no address",
        "disk { path = \"DISK\", size = 32M }, listen = [\"127.0.0.1:9\", \"127.0.0.1:9\"] | listen: names 127.0.0.1:9 twice",
      })
  void wrongSetting_isRefused_andNothingIsMade(String settings, String message) throws IOException {
    assertRefused(file(settings), message);
    assertThat(disk).doesNotExist();
  }

  @Test
  void addressInUse_isRefused_andNothingIsMade() throws IOException {
    try (var used = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + used.getLocalPort();
      assertRefused(
          file(CLUSTER, address, "disk { path = \"DISK\", size = 32M }"),
          "cannot listen on " + address + ": Address already in use; name another address");
    }
    assertThat(disk).doesNotExist();
  }

  @Test
  void diskOfAnotherCluster_isRefused_andNotTouched() throws IOException {
    makeDisk();
    byte[] before = Files.readAllBytes(disk);
    Path file = file(OTHER_CLUSTER, "127.0.0.1:0", "disk { path = \"DISK\" }");
    assertRefused(file, "belongs to cluster " + CLUSTER + ", not to " + OTHER_CLUSTER);
    assertRefused(file, "of cluster " + CLUSTER + ", not of " + OTHER_CLUSTER, "--check");
    assertThat(Files.readAllBytes(disk)).isEqualTo(before);
  }

  @Test
  void diskOfANewerFormat_isRefused_andNotTouched() throws IOException {
    makeDisk();
    overwrite(8, new byte[] {2, 0, 0, 0});
    byte[] before = Files.readAllBytes(disk);
    assertRefused(file("disk { path = \"DISK\" }"), "version 2");
    assertRefused(file("disk { path = \"DISK\" }"), "version 2", "--check");
    assertThat(Files.readAllBytes(disk)).isEqualTo(before);
  }

  @Test
  void whatIsNotDnvmes_isRefused_andNotTouched() throws IOException {
    byte[] before = new byte[32 * MIB];
    before[2 * MIB + 17] = 1;
    Files.write(disk, before);
    assertRefused(file("disk { path = \"DISK\" }"), "it holds something that is not dnvme's");
    assertRefused(file("disk { path = \"DISK\" }"), "not formatted", "--check");
    assertRefused(file("disk { path = \"DISK\", size = 64M }"), "it has 33554432 bytes, not the");
    assertThat(Files.readAllBytes(disk)).isEqualTo(before);
  }

  /** Two nodes with one store would make two promises of one. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "size = 64M | it has 33554432 bytes, not the 67108864 of disk.size; leave disk.size out",
        "block-size = 512 | of 4096 bytes and now has 65536 of 512; use it as it was, or format",
      })
  void diskOfAnotherSize_isRefused_andNotTouched(String settings, String message)
      throws IOException {
    makeDisk();
    byte[] before = Files.readAllBytes(disk);
    assertRefused(file("disk { path = \"DISK\", " + settings + " }"), message);
    assertThat(Files.readAllBytes(disk)).isEqualTo(before);
  }

  @Test
  void copyOfADisk_isRefusedByAnotherNode_andNotTouched() throws IOException {
    makeDisk();
    byte[] before = Files.readAllBytes(disk);
    String other = NODE.replace("0011", "0012");
    Path file =
        Files.writeString(
            temp.resolve("other.conf"),
            Files.readString(file("disk { path = \"DISK\" }")).replace(NODE, other));
    assertRefused(file, "it is the disk of node " + NODE + ", not of " + other);
    assertRefused(file, "of node " + NODE + ", not of " + other, "--check");
    assertThat(Files.readAllBytes(disk)).isEqualTo(before);
  }

  @Test
  void format_makesTheDiskAnew_whateverIsOnIt() throws IOException {
    byte[] noise = new byte[32 * MIB];
    java.util.Arrays.fill(noise, (byte) 0x5a);
    Files.write(disk, noise);
    Path file = file("disk { path = \"DISK\" }");
    assertRefused(file, "dnvme disk-node --format");
    assertThat(run(file, "--format")).as(err.toString()).isEqualTo(ExitCode.OK);
    assertThat(out.toString())
        .startsWith("disk ")
        .contains(" of node " + NODE + " made in " + disk);
    String first = out.toString();
    makeDisk();
    assertThat(run(file, "--format")).isEqualTo(ExitCode.OK);
    assertThat(out.toString()).isNotEqualTo(first);
    assertThat(run(file, "--check")).isEqualTo(ExitCode.OK);
  }

  @Test
  void format_ofADiskInUse_orInMemory_isRefused() throws IOException {
    Path file = file("disk { path = \"DISK\", size = 32M }");
    try (DiskNode node = DiskNodes.start(file)) {
      assertRefused(file, "in use by another process", "--format");
      assertThat(node.portals()).hasSize(1);
    }
    assertThat(run(file, "--check")).isEqualTo(ExitCode.OK);
    assertRefused(file, "exclude each other", "--format", "--check");
    assertRefused(file("disk { memory = true, size = 32M }"), "is new at every start", "--format");
  }

  @Test
  void list_asksTheNodeThatRuns() throws IOException {
    int port;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    String address = "127.0.0.1:" + port;
    Path file = file(CLUSTER, address, "disk { path = \"DISK\", size = 32M }");
    assertThat(run(file, "--list")).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(err.toString())
        .startsWith("dnvme: node " + NODE + " at " + address + " does not answer: ")
        .contains("--check");
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(disk).doesNotExist();
    try (DiskNode node = DiskNodes.start(file)) {
      UUID leg = UUID.randomUUID();
      UUID made = UUID.randomUUID();
      DiskNodes.allocate(file, made, leg, 5 * MIB);
      assertThat(run(file, "--list")).as(err.toString()).isEqualTo(ExitCode.OK);
      assertThat(out.toString())
          .startsWith("disk " + node.diskId() + " of cluster " + CLUSTER)
          .contains("of 4M: 2 used, ")
          .contains("logical disk %s of leg %s: 2 extents, admitted nothing".formatted(made, leg));
      assertRefused(file, "exclude each other", "--list", "--check");
      Path other = file(OTHER_CLUSTER, address, "disk { path = \"DISK\", size = 32M }");
      assertThat(run(other, "--list")).isEqualTo(ExitCode.UNAVAILABLE);
      assertThat(err.toString().lines()).hasSize(1);
    }
    assertRefused(
        file("disk { path = \"DISK\", size = 32M }"), "listens at any free port", "--list");
  }

  @Test
  void diskInUse_isRefused_byWhateverName_andItsNodeGoesOn() throws IOException {
    Path file = file("disk { path = \"DISK\", size = 32M }");
    try (DiskNode node = DiskNodes.start(file)) {
      assertRefused(file, "in use by another process");
      assertRefused(file, "in use by another process", "--check");
      Path made = disk;
      for (Path other :
          List.of(
              Files.createLink(temp.resolve("hard"), made),
              Files.createSymbolicLink(temp.resolve("symbolic"), made))) {
        disk = other;
        assertRefused(file("disk { path = \"DISK\" }"), "in use by another process");
      }
      disk = made;
      file = file("disk { path = \"DISK\", size = 32M }");
      assertThat(node.portals()).hasSize(1);
    }
    assertThat(run(file, "--check")).isEqualTo(ExitCode.OK);
  }

  @Test
  void check_ofASoundDisk_tellsWhatIsThere() throws IOException {
    makeDisk();
    byte[] before = Files.readAllBytes(disk);
    assertThat(run(file("disk { path = \"DISK\" }"), "--check")).isEqualTo(ExitCode.OK);
    assertThat(out.toString())
        .contains("of cluster " + CLUSTER)
        .contains("superblocks  good\n")
        .contains("tables       good\n")
        .contains("records      good\n")
        .contains(" of 4M: 0 used, ")
        .endsWith("sound" + System.lineSeparator());
    assertThat(Files.readAllBytes(disk)).isEqualTo(before);
  }

  @Test
  void check_ofATornDisk_findsTheCopies_andRepairsNothing() throws IOException {
    makeDisk();
    overwrite(MIB + 100, new byte[] {1, 2, 3});
    overwrite(3 * MIB + 200, new byte[] {1, 2, 3});
    overwrite(4 * MIB + 200, new byte[] {1, 2, 3});
    byte[] before = Files.readAllBytes(disk);
    assertThat(run(file("disk { path = \"DISK\" }"), "--check")).isEqualTo(ExitCode.OK);
    assertThat(out.toString())
        .contains("superblocks  good; 1 copy is damaged, the others whole")
        .contains("tables       good; 1 copy is damaged, the others whole")
        .contains("records      good; 1 copy is damaged, the others whole");
    assertThat(Files.readAllBytes(disk)).isEqualTo(before);
    makeDisk();
    assertThat(run(file("disk { path = \"DISK\" }"), "--check")).isEqualTo(ExitCode.OK);
    assertThat(out.toString()).doesNotContain("damaged");
  }

  @ParameterizedTest
  @CsvSource({"3, both copies of", "4, its records: both copies", "0, superblock"})
  void check_ofADamagedDisk_saysWhat_andRepairsNothing(int mib, String message) throws IOException {
    makeDisk();
    byte[] noise = new byte[MIB];
    java.util.Arrays.fill(noise, (byte) 0x5a);
    System.arraycopy(Files.readAllBytes(disk), mib * MIB, noise, 0, 16);
    overwrite(mib * MIB, noise);
    if (mib == 0) {
      overwrite(MIB, noise);
    }
    byte[] before = Files.readAllBytes(disk);
    assertThat(run(file("disk { path = \"DISK\" }"), "--check")).isEqualTo(ExitCode.FAILED);
    assertThat(out.toString()).contains("damaged: ").containsPattern(message);
    assertThat(out.toString()).doesNotContain("sound");
    assertRefused(file("disk { path = \"DISK\" }"), "damaged");
    assertThat(Files.readAllBytes(disk)).isEqualTo(before);
  }

  @Test
  void check_needsADiskThatIsThere() throws IOException {
    assertRefused(file("disk { path = \"DISK\", size = 32M }"), "no such file", "--check");
    assertThat(disk).doesNotExist();
    assertRefused(file("disk { memory = true, size = 32M }"), "cannot be checked", "--check");
  }

  @Test
  void blockDevice_isADiskLikeAnyOther() throws Exception {
    Path backing = temp.resolve("backing");
    try (var target = new RandomAccessFile(backing.toFile(), "rw")) {
      target.setLength(32L * MIB);
    }
    String name = MachineNeeds.loopDevice(backing).toString();
    disk = Path.of(name);
    try {
      Path file = file("disk { path = \"DISK\" }");
      try (DiskNode node = DiskNodes.start(file)) {
        assertThat(node.portals()).hasSize(1);
        assertRefused(file, "use");
      }
      // Whatever name the device is called by.
      Path link = Files.createSymbolicLink(temp.resolve("link"), disk);
      try (DiskNode again = DiskNodes.start(file)) {
        disk = link;
        assertRefused(file("disk { path = \"DISK\" }"), "use");
        Files.delete(link);
        disk = Path.of(name);
        file = file("disk { path = \"DISK\" }");
        assertThat(again.portals()).hasSize(1);
      }
      assertThat(run(file, "--check")).isEqualTo(ExitCode.OK);
      assertThat(out.toString()).contains("sound");
    } finally {
      Commands.run("losetup", "--detach", name);
    }
  }
}
