package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.agent.leg.LegRig.Controller;
import io.dnvme.ownership.ScrubMark;
import io.dnvme.volume.mirror.ScrubOptions;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The scrubs of a leg: when they begin, what they wait for, what they find and say. */
class LegScrubTest {

  private static final long INTERVAL = 90;
  private static final long BEGIN_SECONDS = 1_800_000_000;
  private static final int CHUNK = 64 << 10;

  /** Fast when idle; a group takes at least half a second else. */
  private static final ScrubOptions FAST = new ScrubOptions(4 << 20, 256 << 20, CHUNK);

  /** A group takes 32 s. */
  private static final ScrubOptions SLOW = new ScrubOptions(CHUNK, CHUNK, CHUNK);

  private LegRig rig;

  private void rig(boolean checksums) {
    rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK);
    rig.checksums = checksums;
  }

  private Controller serving() {
    return rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
  }

  private Controller controller() {
    return rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
  }

  private void every(long intervalSeconds, boolean atStart, ScrubOptions rates) {
    rig.options =
        LegRig.OPTIONS.withScrub(
            new ScrubSchedule(intervalSeconds, atStart, rates, this::unixSeconds));
  }

  private long unixSeconds() {
    return BEGIN_SECONDS + rig.reactor.clock().nanos() / LegRig.SECOND;
  }

  private static long complete(Controller of) {
    return of.status().scrub().complete();
  }

  private UUID disk(Controller of, int group, int member) {
    return of.status().record().groups().get(group).members().get(member).logicalDisk();
  }

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  void interval_countsFromTheEndOfTheLastOne() {
    rig(false);
    every(INTERVAL, false, SLOW);
    Controller one = serving();
    long began = unixSeconds();
    rig.pass((INTERVAL - 5) * LegRig.SECOND);
    assertThat(one.hasSaid("scrub")).isFalse();
    rig.until("one begins", () -> one.status().scrub().underWay());
    assertThat(unixSeconds() - began).isBetween(INTERVAL - 1, INTERVAL + 1);
    rig.until("it is complete", () -> complete(one) == 1);
    long ended = unixSeconds();
    assertThat(ended - began - INTERVAL).as("as slow as it is told to be").isBetween(31L, 34L);
    assertThat(one.said)
        .contains(
            "scrub of leg %s begins: 2 MiB of data in 1 groups"
                .formatted(LegPlan.leg(LegRig.DISK)));
    assertThat(one.said)
        .anyMatch(line ->
            line.matches(
                ".* is complete: 2 MiB compared in 3[12] s; blocks found: 0 not as written, 0"
                    + " unreadable, 0 undecided, 0 lost, 0 repaired, 0 not repaired"));
    rig.until("it is noted", () -> one.status().record().scrub().sinceSeconds() >= ended - 1);
    rig.pass((INTERVAL - 5) * LegRig.SECOND);
    assertThat(one.status().scrub().underWay()).isFalse();
    rig.until("the next is complete", () -> complete(one) == 2);
    assertThat(one.status().scrub().comparedBytes()).isEqualTo(2 * LegRig.GROUP_BYTES);
  }

  @Test
  void never_isNever_andNothingIsNoted() {
    rig(false);
    Controller one = serving();
    rig.pass(20 * INTERVAL * LegRig.SECOND);
    assertThat(one.hasSaid("scrub")).isFalse();
    assertThat(one.status().record().scrub()).isEqualTo(ScrubMark.NONE);
  }

  @Test
  void atStart_isAtOnce_butNotAgainWhenTheLegComesBack() {
    rig(false);
    every(0, true, FAST);
    Controller one = serving();
    rig.until("it is complete", () -> complete(one) == 1);
    one.standBy();
    rig.until("it stands by", () -> !one.isServing());
    rig.until("it serves", one::isServing);
    rig.pass(LegRig.SECOND);
    assertThat(one.status().scrub().underWay()).isFalse();
    assertThat(complete(one)).isZero();
  }

  @Test
  void rotThatNobodyReads_isFoundAndRepaired() {
    rig(true);
    every(INTERVAL, false, FAST);
    Controller one = serving();
    rig.write(one, 7, 1, 5);
    rig.write(one, 300, 1, 6);
    rig.pass(60 * LegRig.SECOND);
    for (int value : new int[] {5, 6}) {
      DamagedDisk medium = rig.node(value - 4).medium();
      medium.rot(medium.blocksOf(value).getFirst());
    }
    rig.until("it is complete", () -> complete(one) == 1);
    assertThat(rig.node(1).medium().blocksOf(5)).hasSize(1);
    assertThat(rig.node(2).medium().blocksOf(6)).hasSize(1);
    assertThat(one.group(0).damage()).isEqualTo(new LegStatus.Damage(2, 0, 0, 0, 2, 0));
    assertThat(one.said)
        .contains(
            "group 0: block 7 of member %s is not what was written, by its checksum"
                .formatted(disk(one, 0, 0)),
            "group 0: block 7 of member %s is repaired from another member"
                .formatted(disk(one, 0, 0)))
        .anyMatch(line ->
            line.contains(
                "blocks found: 2 not as written, 0 unreadable, 0 undecided, 0 lost, 2 repaired"));
  }

  @Test
  void differenceThatNothingDecides_isToldWithItsMembers_andLeftAlone_eachTime() {
    rig(false);
    every(INTERVAL, false, FAST);
    Controller one = serving();
    rig.write(one, 300, 1, 6);
    rig.pass(60 * LegRig.SECOND);
    DamagedDisk medium = rig.node(2).medium();
    medium.rot(medium.blocksOf(6).getFirst());
    for (int i = 1; i <= 2; i++) {
      int times = i;
      rig.until("it is complete", () -> complete(one) == times);
      assertThat(one.group(0).damage()).isEqualTo(new LegStatus.Damage(0, 0, i, 0, 0, 0));
      String line =
          "group 0: block 300 differs, and no checksum says which member is right: %s, %s, %s; left as it is"
              .formatted(disk(one, 0, 0), disk(one, 0, 1), disk(one, 0, 2));
      assertThat(one.said.stream().filter(line::equals)).hasSize(i);
    }
    assertThat(medium.blocksOf(6)).isEmpty();
    assertThat(rig.node(1).medium().blocksOf(6)).hasSize(1);
  }

  @Test
  void blockThatOneMemberCannotRead_isWrittenFromAnother() {
    rig(false);
    every(INTERVAL, false, FAST);
    Controller one = serving();
    rig.write(one, 300, 1, 6);
    rig.pass(60 * LegRig.SECOND);
    DamagedDisk medium = rig.node(3).medium();
    long block = medium.blocksOf(6).getFirst();
    medium.goBad(block);
    rig.until("it is complete", () -> complete(one) == 1);
    assertThat(medium.isBad(block)).isFalse();
    assertThat(one.group(0).damage()).isEqualTo(new LegStatus.Damage(0, 1, 0, 0, 1, 0));
    assertThat(one.said)
        .contains(
            "group 0: block 300 of member %s cannot be read".formatted(disk(one, 0, 2)),
            "group 0: block 300 of member %s is repaired from another member"
                .formatted(disk(one, 0, 2)));
    assertThat(one.isWhole()).isTrue();
  }

  @Test
  void blockThatNoMemberHas_isToldOnce_andLeft() {
    rig(true);
    every(INTERVAL, false, FAST);
    Controller one = serving();
    rig.write(one, 300, 1, 6);
    rig.pass(60 * LegRig.SECOND);
    for (LegRig.Node node : rig.nodes) {
      node.medium().rot(node.medium().blocksOf(6).getFirst());
    }
    rig.until("it is complete", () -> complete(one) == 1);
    assertThat(one.group(0).damage()).isEqualTo(new LegStatus.Damage(3, 0, 0, 1, 0, 0));
    assertThat(one.said).filteredOn(line -> line.contains("from any member")).hasSize(1);
  }

  @Test
  void memberThatIsRebuilt_holdsIt_andItGoesOnWhereItWas_thoughSomeBlocksNobodyCanRead() {
    rig(false);
    every(INTERVAL, false, SLOW);
    Controller one = serving();
    rig.until("one begins", () -> one.status().scrub().underWay());
    rig.pass(10 * LegRig.SECOND);
    rig.node(3).stop();
    rig.write(one, 0, 100, 1);
    rig.pass(5 * LegRig.SECOND);
    assertThat(one.status().scrub().held()).as("absent is not a reason").isFalse();
    // A rebuild that comes to no end: its source cannot be read.
    DamagedDisk first = rig.node(1).medium();
    DamagedDisk second = rig.node(2).medium();
    first.goBad(first.blocksOf(1).getFirst());
    second.goBad(second.blocksOf(1).getFirst());
    rig.node(3).start();
    rig.until("it waits", () -> one.status().scrub().held());
    assertThat(one.hasSaid("waits: group 0 has a member that is being rebuilt")).isTrue();
    long at = one.status().scrub().atBytes();
    assertThat(at).isGreaterThan(10 * CHUNK);
    rig.until("it goes on", () -> !one.status().scrub().held());
    assertThat(one.status().scrub().atBytes()).isLessThan(at + 2 * CHUNK);
    assertThat(one.hasSaid("UNREADABLE")).isTrue();
    rig.until("it is complete", () -> complete(one) == 1);
    assertThat(one.status().scrub().comparedBytes()).isEqualTo(LegRig.GROUP_BYTES);
    assertThat(one.isWhole()).as("still without what nobody can read").isFalse();
    assertThat(one.said).filteredOn(line -> line.endsWith("goes on")).hasSize(1);
    rig.write(one, 0, 1, 2);
    rig.until("it is in-sync", one::isWhole);
  }

  @Test
  void memberThatIsAbsent_isNamed() {
    rig(false);
    every(INTERVAL, false, FAST);
    Controller one = serving();
    UUID disk = disk(one, 0, 1);
    rig.node(2).stop();
    rig.until("it is complete", () -> complete(one) == 1);
    assertThat(one.said)
        .contains(
            "scrub of leg %s: group 0 is compared without member %s"
                .formatted(LegPlan.leg(LegRig.DISK), disk));
  }

  @Test
  void nextOwner_countsFromTheLastOne_andNotFromItsOwnBeginning() {
    rig(false);
    every(INTERVAL, false, FAST);
    Controller one = serving();
    Controller two = controller();
    rig.until("it is complete", () -> complete(one) == 1);
    long ended = unixSeconds();
    rig.pass(INTERVAL / 2 * LegRig.SECOND);
    one.cut();
    rig.until("the other serves", two::isServing);
    rig.until("the next begins", () -> complete(two) == 1);
    assertThat(unixSeconds() - ended).isBetween(INTERVAL - 1, INTERVAL + 5);
  }

  @Test
  void nextOwner_goesOnWhereTheLastOneWas_byTheNote() {
    rig(false);
    ScrubOptions slower = new ScrubOptions(1024, 1024, CHUNK);
    every(INTERVAL, false, slower);
    Controller one = serving();
    Controller two = controller();
    rig.until("one begins", () -> one.status().scrub().underWay());
    long generation = one.status().record().generation();
    rig.pass(1500 * LegRig.SECOND);
    assertThat(one.status().record().generation())
        .as("noted every ten minutes, not with each chunk")
        .isEqualTo(generation + 2);
    long noted = one.status().record().scrub().nextBytes();
    assertThat(noted).isBetween(1100L << 10, 1280L << 10);
    one.cut();
    rig.until("the other serves", two::isServing);
    rig.until("it goes on", () -> two.hasSaid("goes on at 5"));
    assertThat(two.status().scrub().atBytes()).isBetween(noted, noted + CHUNK);
    rig.pass(800 * LegRig.SECOND);
    rig.until("it is complete", () -> complete(two) == 1);
    assertThat(two.status().scrub().comparedBytes()).isEqualTo(LegRig.GROUP_BYTES - noted);
  }

  @Test
  void groups_areScrubbedOneAfterTheOther() {
    rig(true);
    every(INTERVAL, false, FAST);
    Controller one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2), rig.ids(2, 3)));
    rig.write(one, LegRig.GROUP_BLOCKS + 3, 1, 6);
    rig.pass(60 * LegRig.SECOND);
    DamagedDisk medium = rig.node(3).medium();
    medium.rot(medium.blocksOf(6).getFirst());
    rig.until("it is complete", () -> complete(one) == 1);
    assertThat(one.status().scrub().comparedBytes()).isEqualTo(2 * LegRig.GROUP_BYTES);
    assertThat(one.group(0).damage()).isEqualTo(LegStatus.Damage.NONE);
    assertThat(one.group(1).damage()).isEqualTo(new LegStatus.Damage(1, 0, 0, 0, 1, 0));
    assertThat(one.said)
        .contains(
            "group 1: block 3 of member %s is repaired from another member"
                .formatted(disk(one, 1, 1)));
  }
}
