package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.agent.leg.LegRig.Controller;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockOp;
import io.dnvme.block.FaultDevice.Fault;
import io.dnvme.ownership.LeaseRenewals;
import io.dnvme.ownership.LegRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Several virtual disks on one controller: each for itself, over what they share. */
class LegsOfOneControllerTest {

  private static final int MORE = 4;

  private final LegRig rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK);
  private final Controller one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));

  @AfterEach
  void close() {
    rig.close();
  }

  /** Hears of one leg. */
  private static final class Ear implements LegController.Listener {
    final List<String> said = new ArrayList<>();

    @Override
    public void found(LegRecord record) {}

    @Override
    public void lossPossible() {}

    @Override
    public void serving(BlockDevice device) {}

    @Override
    public void standingBy(String reason) {}

    @Override
    public void impossible(String why) {
      said.add("impossible: " + why);
    }

    @Override
    public void happened(String what) {
      said.add(what);
    }
  }

  private LegPlan plan(int disk, List<UUID> group) {
    return new LegPlan(
        new UUID(8, disk), "disk" + disk, LegRig.BLOCK, LegRig.GROUP_BYTES, 400, List.of(group));
  }

  private LegController serve(Controller by, int disk, List<UUID> group) {
    return by.serve(plan(disk, group), rig.ids(1, 2, 3), new Ear());
  }

  @Test
  void leasesOfAll_areRenewedByOneMessageToEachNode() {
    LeaseRenewals renewals = one.agent.traffic().renewals();
    rig.pass(LegRig.SECOND);
    long messages = -renewals.messages();
    long each = -renewals.renewals();
    rig.pass(10 * LegRig.SECOND);
    messages += renewals.messages();
    each += renewals.renewals();
    assertThat(each).isEqualTo(messages).isBetween(250L, 350L);

    List<LegController> more = new ArrayList<>();
    for (int disk = 0; disk < MORE; disk++) {
      more.add(serve(one, disk, rig.ids(1, 2, 3)));
    }
    rig.until("all are served", () -> more.stream().allMatch(LegController::isServing));
    rig.pass(LegRig.SECOND);
    long messagesOfAll = -renewals.messages();
    long renewalsOfAll = -renewals.renewals();
    rig.pass(10 * LegRig.SECOND);
    messagesOfAll += renewals.messages();
    renewalsOfAll += renewals.renewals();
    assertThat(messagesOfAll).isBetween(messages - 6, messages + 6);
    assertThat(renewalsOfAll).isEqualTo((1 + MORE) * messagesOfAll);
  }

  @Test
  void oneThatIsMadeSlowly_orCannotBe_delaysNoOther() {
    rig.node(3).faults.inject(new Fault.Hold()).on(BlockOp.WRITE);
    LegController slow = serve(one, 1, rig.ids(3));
    var ear = new Ear();
    var large =
        new LegPlan(new UUID(8, 9), "large", LegRig.BLOCK, 1L << 40, 400, List.of(rig.ids(1, 2)));
    one.serve(large, rig.ids(1, 2, 3), ear);
    LegController other = serve(one, 2, rig.ids(1, 2));
    long start = rig.reactor.clock().nanos();
    rig.until("the other is made and served", other::isServing);
    assertThat(rig.reactor.clock().nanos() - start).isLessThan(3 * LegRig.SECOND);
    rig.pass(5 * LegRig.SECOND);
    assertThat(slow.isServing()).isFalse();
    assertThat(ear.said).last().asString().startsWith("impossible: ");
    assertThat(one.isServing()).isTrue();
    assertThat(rig.read(one, 3)).isZero();
    rig.node(3).faults.heal();
    rig.node(3).faults.release();
    rig.until("it is made, too", slow::isServing);
  }

  /** Here because one leg too many was asked for again and again, without a pause. */
  @Test
  void oneForWhoseRecordTheHoldersHaveNoRoom_isAskedForNowAndThen() {
    for (int disk = 0; disk < MORE; disk++) {
      LegController more = serve(one, disk, rig.ids(1, 2, 3));
      rig.until("it is served", more::isServing);
    }
    var ear = new Ear();
    one.serve(plan(MORE, rig.ids(1, 2, 3)), rig.ids(1, 2, 3), ear);
    rig.pass(10 * LegRig.SECOND);
    assertThat(ear.said).filteredOn(said -> said.startsWith("creates leg")).hasSizeBetween(5, 51);
    assertThat(ear.said).filteredOn(said -> said.contains("cannot be made yet: ")).hasSize(1);
    assertThat(one.isServing()).isTrue();
  }

  @Test
  void eachMayBeOwnedByAnother() {
    Controller two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    LegController here = serve(one, 1, rig.ids(1, 2, 3));
    rig.until("both are served by one", here::isServing);
    LegController there = serve(two, 1, rig.ids(1, 2, 3));
    rig.pass(LegRig.SECOND);
    assertThat(there.isServing()).isFalse();
    rig.reactor.run(here::standBy);
    rig.until("one is served by the other", there::isServing);
    assertThat(one.isServing()).isTrue();
    assertThat(here.isServing()).isFalse();
    one.cut();
    rig.until("both are served by the other", () -> two.isServing() && there.isServing());
  }
}
