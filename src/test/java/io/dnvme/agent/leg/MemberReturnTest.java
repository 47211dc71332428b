package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.agent.leg.LegRig.Controller;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.FaultDevice.Fault;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Members that come back, and those that should not do so all the time. */
class MemberReturnTest {

  private LegRig rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK);
  private Controller one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));

  @AfterEach
  void close() {
    rig.close();
  }

  private long said(String part) {
    return one.said.stream().filter(line -> line.contains(part)).count();
  }

  private LegStatus.MemberStatus third() {
    return one.group(0).members().get(2);
  }

  @Test
  void slowMember_isDoneWithoutForLongerAndLonger_andHostsDoNotWaitForIt() {
    rig.node(3).faults.inject(new Fault.Delay(200 * LegRig.MILLI)).on(BlockOp.WRITE);
    long end = rig.reactor.clock().nanos() + 300 * LegRig.SECOND;
    int slow = 0;
    int fast = 0;
    while (rig.reactor.clock().nanos() < end) {
      long start = rig.reactor.clock().nanos();
      assertThat(rig.write(one, 9, 1, 1)).isEqualTo(BlockStatus.SUCCESS);
      if (rig.reactor.clock().nanos() - start >= 100 * LegRig.MILLI) {
        slow++;
      } else {
        fast++;
        rig.pass(195 * LegRig.MILLI);
      }
    }
    assertThat(said("is removed from its group")).isBetween(3L, 7L);
    assertThat(said("is tried again in")).isEqualTo(said("is removed from its group"));
    assertThat(fast).as("of %d", slow + fast).isGreaterThan(3 * slow);
    if (third().absence() == null) {
      rig.until(
          "it is out again",
          () -> {
            rig.write(one, 9, 1, 1);
            return third().absence() != null;
          });
    }
    assertThat(third().absence().why()).contains("writes take");
    assertThat(third().absence().setbacks()).isGreaterThan(2);
    assertThat(third().absence().triedInMs()).isBetween(1L, 300_000L);
    rig.node(3).faults.heal();
    rig.pass(300 * LegRig.SECOND);
    rig.until("it is whole", one::isWhole);
    assertThat(third().absence()).isNull();
  }

  @Test
  void sectorThatRefusesWrites_doesNotMakeTheMemberReturnAllTheTime() {
    rig.write(one, 100, 1, 77);
    long sector = rig.node(3).medium().blocksOf(77).getFirst();
    rig.node(3).stop();
    rig.write(one, 100, 1, 78);
    rig.node(3).start();
    rig.node(3)
        .faults
        .inject(new Fault.Fail(BlockStatus.WRITE_FAULT))
        .on(BlockOp.WRITE)
        .at(sector, 1);
    rig.pass(300 * LegRig.SECOND);
    assertThat(said("is being rebuilt")).isBetween(4L, 9L);
    assertThat(one.isServing()).isTrue();
    rig.node(3).faults.heal();
    rig.pass(300 * LegRig.SECOND);
    rig.until("it is whole", one::isWhole);
  }

  @Test
  void controllerThatLeaves_leavesNoTimer_wheneverARebuildIsUnderWay() {
    for (int moment : new int[] {1, 260, 300, 400, 700, 1100, 1500, 2000, 2300}) {
      rig.close();
      rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK);
      rig.options = LegRig.rebuildAt(1 << 19);
      int before = rig.reactor.time().alarmsPending();
      one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
      rig.node(3).stop();
      rig.write(one, 0, LegRig.GROUP_BLOCKS / 2, 3);
      rig.node(3).start();
      rig.pass(moment * LegRig.MILLI);
      one.leave();
      rig.pass(100 * LegRig.SECOND);
      assertThat(rig.reactor.time().alarmsPending())
          .as("after %d ms: %s", moment, one.said)
          .isEqualTo(before);
    }
    assertThat(said("is being rebuilt")).isPositive();
  }

  @Test
  void controllerThatLeaves_whileARebuildWaitsForWhatIsNotEqual_leavesNoTimer() {
    rig.write(one, 5, 1, 77);
    List<LegRig.Node> inSync = List.of(rig.node(1), rig.node(2));
    List<Long> at = inSync.stream().map(n -> n.medium().blocksOf(77).getFirst()).toList();
    rig.node(3).stop();
    rig.write(one, 5, 1, 78);
    one.leave();
    rig.pass(100 * LegRig.SECOND);
    int before = rig.reactor.time().alarmsPending();
    for (int i = 0; i < 2; i++) {
      inSync.get(i).faults.inject(new Fault.Hold()).on(BlockOp.READ).at(at.get(i), 1);
    }
    one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.node(3).start();
    rig.until("it is being rebuilt", () -> one.hasSaid("is being rebuilt"));
    rig.pass(100 * LegRig.MILLI);
    assertThat(one.group(0).unequalRegions()).isPositive();
    one.leave();
    for (LegRig.Node node : inSync) {
      node.faults.heal();
      node.faults.release();
    }
    rig.pass(100 * LegRig.SECOND);
    assertThat(rig.reactor.time().alarmsPending()).isEqualTo(before);
  }

  @Test
  void memberThatIsDoneWithout_comesBackAtOnce_afterItsConnectionWasLost() {
    for (int i = 0; i < 10; i++) {
      rig.node(3).stop();
      rig.write(one, 5, 1, i);
      assertThat(third().absence().why()).contains("lost");
      assertThat(third().absence().triedInMs()).isZero();
      rig.node(3).start();
      long start = rig.reactor.clock().nanos();
      rig.until("it is whole", one::isWhole);
      assertThat(rig.reactor.clock().nanos() - start).isLessThan(2 * LegRig.SECOND);
    }
    assertThat(said("is tried again in")).isZero();
  }
}
