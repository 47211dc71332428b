package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.agent.leg.LegRig.Controller;
import io.dnvme.block.BlockStatus;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Legs whose members keep checksums, on disks that rot (NO-SILENT-LOSS). */
class LegChecksumsTest {

  private static final long CLEARED = 30 * LegRig.SECOND;

  private LegRig rig;

  private Controller start(Kind... kinds) {
    rig = new LegRig(kinds);
    rig.checksums = true;
    return rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
  }

  private Controller start() {
    return start(Kind.DISK, Kind.DISK, Kind.DISK);
  }

  private void rot(int node, int value) {
    DamagedDisk disk = rig.node(node).medium();
    assertThat(disk.blocksOf(value)).as("blocks of " + value + " on node " + node).hasSize(1);
    disk.rot(disk.blocksOf(value).getFirst());
  }

  /** By all members, whoever is asked first. */
  private void assertReads(Controller of, long block, int value) {
    for (int i = 0; i < 6; i++) {
      assertThat(rig.read(of, block)).isEqualTo(value);
    }
  }

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  void rotOfOneMember_isNotServed_butRepairedAndCountedAndTold() {
    Controller one = start();
    rig.write(one, 7, 1, 5);
    rig.write(one, 8, 1, 6);
    rot(2, 5);
    assertReads(one, 7, 5);
    assertReads(one, 8, 6);
    rig.until("it is repaired", () -> rig.node(2).medium().blocksOf(5).size() == 1);
    assertThat(one.group(0).damage()).isEqualTo(new LegStatus.Damage(1, 0, 0, 0, 1, 0));
    UUID disk = one.status().record().groups().getFirst().members().get(1).logicalDisk();
    assertThat(one.said)
        .contains(
            "group 0: block 7 of member " + disk + " is not what was written, by its checksum",
            "group 0: block 7 of member " + disk + " is repaired from another member");
    assertThat(one.isWhole()).isTrue();
  }

  @Test
  void rotOfAllMembers_isAReadFault_andNeverServed_untilItIsWritten() {
    Controller one = start();
    rig.write(one, 7, 1, 5);
    rig.write(one, 8, 1, 6);
    for (int node = 1; node <= 3; node++) {
      rot(node, 5);
    }
    var two = new byte[2 * LegRig.BLOCK];
    for (int i = 0; i < 4; i++) {
      assertThat(rig.read(one, 7, new byte[LegRig.BLOCK])).isEqualTo(BlockStatus.READ_FAULT);
      assertThat(rig.read(one, 7, two)).isEqualTo(BlockStatus.READ_FAULT);
      assertThat(rig.read(one, 8)).isEqualTo(6);
    }
    assertThat(one.group(0).damage()).isEqualTo(new LegStatus.Damage(3, 0, 0, 1, 0, 0));
    assertThat(one.said)
        .containsOnlyOnce(
            "group 0: block 7 cannot be read from any member: reads of it fail until it is"
                + " written");
    assertThat(one.isWhole()).as("nobody is thrown out for it").isTrue();
    rig.write(one, 7, 1, 9);
    assertReads(one, 7, 9);
  }

  @Test
  void takeover_goesByTheRecord_whateverTheControllersFileSays() {
    Controller one = start();
    rig.checksums = false;
    Controller two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.write(one, 7, 1, 5);
    rig.write(one, 8L + LegRig.REGION_BLOCKS, 1, 4);
    rig.pass(CLEARED);
    // Dirty at the takeover: its checksums are computed anew.
    rig.write(one, 9L + LegRig.REGION_BLOCKS, 1, 6);
    one.cut();
    rig.until("the other serves", two::isServing);
    assertThat(two.found.checksums()).isTrue();
    rig.until("its members are equal", () -> two.group(0).unequalRegions() == 0);
    rot(3, 5);
    rot(2, 4);
    rot(1, 6);
    assertReads(two, 7, 5);
    assertReads(two, 8L + LegRig.REGION_BLOCKS, 4);
    assertReads(two, 9L + LegRig.REGION_BLOCKS, 6);
    assertThat(two.group(0).damage()).isEqualTo(new LegStatus.Damage(3, 0, 0, 0, 3, 0));
  }

  @Test
  void memberThatReturns_hasTheChecksumsOfWhatItMissed() {
    Controller one = start();
    rig.write(one, 7, 1, 5);
    rig.pass(CLEARED);
    rig.node(3).stop();
    rig.write(one, 40, 1, 6);
    rig.node(3).start();
    rig.until("it is whole", one::isWhole);
    assertThat(one.said).anyMatch(line -> line.contains("is being rebuilt: 1 of "));
    assertThat(one.group(0).damage()).isEqualTo(new LegStatus.Damage(0, 0, 0, 0, 0, 0));
    rot(3, 5);
    rot(3, 6);
    assertReads(one, 7, 5);
    assertReads(one, 40, 6);
    assertThat(one.group(0).damage()).isEqualTo(new LegStatus.Damage(2, 0, 0, 0, 2, 0));
  }

  @Test
  void memoryDiskThatIsStartedAgain_hasAllChecksums() {
    Controller one = start(Kind.DISK, Kind.DISK, Kind.MEMORY);
    rig.write(one, 7, 1, 5);
    rig.pass(CLEARED);
    rig.node(3).stop();
    rig.node(3).losePower();
    rig.node(3).start();
    rig.until("it is whole", one::isWhole);
    assertThat(one.hasSaid("is made anew")).isTrue();
    rot(3, 5);
    assertReads(one, 7, 5);
    assertThat(one.group(0).damage()).isEqualTo(new LegStatus.Damage(1, 0, 0, 0, 1, 0));
  }

  @Test
  void rottenBlock_isNotWhatAMemberIsRebuiltFrom() {
    Controller one = start();
    rig.write(one, 7, 1, 5);
    rig.write(one, 8, 1, 4);
    rig.pass(CLEARED);
    rig.node(3).stop();
    rig.write(one, 9, 1, 6);
    rot(1, 5);
    rot(2, 4);
    rig.node(3).losePower();
    rig.node(3).start();
    rig.until("it is whole", one::isWhole);
    rig.node(1).stop();
    rig.node(2).stop();
    rig.node(2).start();
    rig.until("it serves", one::isServing);
    assertReads(one, 7, 5);
    assertReads(one, 8, 4);
    assertReads(one, 9, 6);
  }

  @Test
  void groupThatFitsOnlyWithoutChecksums_isNotMadeWithThem() {
    rig = new LegRig(Kind.DISK);
    rig.checksums = true;
    rig.groupBytes = rig.node(1).disk().usage().extents() * LegRig.EXTENT_BYTES - (64 << 10);
    Controller one = rig.controller(rig.ids(1), List.of(rig.ids(1)));
    rig.until("it is told", () -> one.hasSaid("impossible"));
    assertThat(one.hasSaid("is too small: ")).isTrue();
    assertThat(one.found).isNull();
    rig.checksums = false;
    Controller two = rig.controller(rig.ids(1), List.of(rig.ids(1)));
    rig.until("it serves", two::isServing);
  }
}
