package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.agent.leg.LegRig.Controller;
import io.dnvme.volume.intent.Rebuild;
import io.dnvme.volume.intent.RebuildRate;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rebuilds of whole legs: how fast, how far, and what another owner makes of what is done. */
class LegRebuildTest {

  private static final int LOST = 3;
  private static final long CLEARED = 30 * LegRig.SECOND;
  private static final int VALUE = 77;

  private final LegRig rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK);
  private Controller one;

  @AfterEach
  void close() {
    rig.close();
  }

  /** One member missed all that was ever written, nothing is dirty, and it comes back. */
  private void missAll() {
    one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.node(LOST).stop();
    for (int block = 0; block < LegRig.GROUP_BLOCKS; block += LegRig.REGION_BLOCKS) {
      rig.write(one, block, LegRig.REGION_BLOCKS, VALUE);
    }
    rig.pass(CLEARED);
    rig.node(LOST).start();
  }

  private static Rebuild.Progress progress(Controller of) {
    LegStatus status = of.status();
    return status.groups().isEmpty()
        ? null
        : status.groups().getFirst().members().get(LOST - 1).rebuild();
  }

  private void untilLeft(Controller owner, int regions) {
    rig.until(
        regions + " regions are left",
        () -> progress(owner) != null && progress(owner).regionsLeft() <= regions);
  }

  private UUID disk() {
    return one.group(0).members().get(LOST - 1).logicalDisk();
  }

  @Test
  void progress_isInTheStatus_andInTheLogNowAndThen() {
    rig.options = LegRig.rebuildAt(LegRig.GROUP_BYTES / 100);
    missAll();
    untilLeft(one, LegRig.REGIONS / 2);
    assertThat(progress(one).bytesLeft()).isEqualTo(LegRig.GROUP_BYTES / 2);
    assertThat(progress(one).bytesCopied()).isGreaterThanOrEqualTo(LegRig.GROUP_BYTES / 2);
    assertThat(progress(one).secondsLeft()).isBetween(30L, 80L);
    rig.until("it is whole", one::isWhole);
    assertThat(progress(one)).isNull();
    String start = "rebuild of member " + disk();
    List<String> told = one.said.stream().filter(line -> line.startsWith(start)).toList();
    assertThat(told).hasSizeBetween(9, 11);
    assertThat(told.getFirst()).contains(": 1", " % of 2 MiB, at 2", " KiB/s, about ");
    assertThat(told).last().asString().contains("PROMOTED");
  }

  @Test
  void anotherOwner_goesOnWithWhatIsLeft() {
    rig.options = LegRig.rebuildAt(LegRig.GROUP_BYTES / 20);
    missAll();
    Controller two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    untilLeft(one, LegRig.REGIONS / 2);
    int left = progress(one).regionsLeft();
    assertThat(one.hasSaid("is being rebuilt: 32 of 32 regions")).isTrue();
    one.cut();
    rig.until("the other rebuilds", () -> progress(two) != null);
    assertThat(progress(two).regionsLeft()).isBetween(1, left);
    assertThat(two.hasSaid("is being rebuilt, as was begun before, from what is left: ")).isTrue();
    Rebuild.Progress last = progress(two);
    while (progress(two) != null) {
      last = progress(two);
      rig.pass(LegRig.MILLI);
    }
    rig.until("it is whole", two::isWhole);
    assertThat(last.bytesCopied()).isLessThanOrEqualTo(LegRig.GROUP_BYTES / 2);
    assertThat(rig.node(LOST).medium().blocksOf(VALUE)).hasSize(LegRig.GROUP_BLOCKS);
  }

  @Test
  void memberThatIsLostAgain_goesOnWithWhatIsLeft() {
    rig.options = LegRig.rebuildAt(LegRig.GROUP_BYTES / 20);
    missAll();
    untilLeft(one, LegRig.REGIONS / 2);
    rig.node(LOST).stop();
    rig.until("it is lost", () -> progress(one) == null);
    rig.node(LOST).start();
    rig.until("it is rebuilt", () -> progress(one) != null);
    assertThat(progress(one).regionsLeft()).isBetween(1, LegRig.REGIONS / 2);
    assertThat(one.hasSaid("is being rebuilt, as was begun before, from what is left: ")).isTrue();
    rig.until("it is whole", one::isWhole);
    rig.node(LOST).stop();
    rig.write(one, 0, 1, VALUE);
    rig.node(LOST).start();
    rig.until("it is whole", one::isWhole);
    assertThat(one.said.stream().filter(line -> line.contains("begun before"))).hasSize(1);
  }

  @Test
  void memberThatLeaves_endsItsRebuildAtOnce() {
    rig.options = LegRig.rebuildAt(LegRig.GROUP_BYTES / 20);
    missAll();
    untilLeft(one, LegRig.REGIONS / 2);
    rig.node(LOST).stop();
    rig.until("it is out", () -> one.group(0).members().get(LOST - 1).absence() != null);
    assertThat(progress(one)).isNull();
    assertThat(one.hasSaid("rebuild of member " + disk() + ": STOPPED")).isTrue();
  }

  @Test
  void groupThatStops_endsItsRebuildAtOnce() {
    rig.options = LegRig.rebuildAt(LegRig.GROUP_BYTES / 20);
    missAll();
    untilLeft(one, LegRig.REGIONS / 2);
    rig.node(1).stop();
    rig.node(2).stop();
    rig.until("the group stops", () -> one.hasSaid("group 0 stops: "));
    assertThat(one.said.getLast())
        .as("%s", one.said)
        .startsWith("rebuild of member ")
        .contains("STOPPED");
  }

  @Test
  void besideHosts_itIsSlow_andFastWhenTheyAreGone() {
    long least = LegRig.GROUP_BYTES / 64;
    long greatest = 8 * least;
    rig.options = LegRig.OPTIONS.withRebuild(new RebuildRate(least, greatest));
    missAll();
    rig.until("it is rebuilt", () -> progress(one) != null);
    for (int second = 0; second < 2; second++) {
      long before = progress(one).bytesCopied();
      long end = rig.reactor.clock().nanos() + 8 * LegRig.SECOND;
      while (rig.reactor.clock().nanos() < end) {
        rig.read(one, 5);
        rig.pass(40 * LegRig.MILLI);
      }
      long copied = progress(one).bytesCopied() - before;
      // The first piece comes before there was a host to see, and one is always under way.
      assertThat(copied).isBetween(6 * least, 14 * least);
    }
    long before = progress(one).bytesCopied();
    rig.pass(4 * LegRig.SECOND);
    assertThat(progress(one).bytesCopied() - before).isGreaterThan(3 * greatest);
    rig.until("it is whole", one::isWhole);
  }
}
