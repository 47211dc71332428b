package io.dnvme.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.IoCounters;
import io.dnvme.volume.mirror.MemberChange.BeginRebuild;
import io.dnvme.volume.mirror.MemberChange.Promote;
import io.dnvme.volume.mirror.MemberChange.Remove;
import io.dnvme.volume.mirror.MirrorRig.Host;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Members that fail, leave and come back (ACK, MEMBER, NO-SILENT-LOSS). */
class MembershipTest {

  private MirrorRig rig = new MirrorRig(2);
  private final List<Boolean> answers = new ArrayList<>();

  @AfterEach
  void close() {
    rig.close();
    assertThat(rig.mirror.counters().sum(IoCounters::inFlight)).isZero();
  }

  private void rig(List<MemberState> states, Set<PlantedBug> bugs) {
    rig.close();
    rig = new MirrorRig(states, MirrorOptions.DEFAULTS, bugs, false);
  }

  private void rebuildingSecond(Set<PlantedBug> bugs) {
    rig(List.of(MemberState.IN_SYNC, MemberState.REBUILDING), bugs);
  }

  private void retry() {
    rig.home.advance(MirrorOptions.DEFAULTS.changeRetryNanos());
  }

  @Test
  void failedWrite_isAnswered_onlyWhenTheRemovalIsKnown() {
    assertThat(isAcknowledgedBeforeRemoval(Set.of())).isFalse();
    assertThat(rig.record.asked()).isEqualTo(new Remove(0b10));
    assertThat(rig.removed).isEmpty();
    rig.record.make();
    assertThat(rig.removed).containsExactly(1);
    assertThat(rig.mirror.inSync()).isEqualTo(0b01);
    assertThat(rig.write(0, 1, 2).status).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void acknowledgementBeforeTheRemoval_isThePlantedBug() {
    assertThat(isAcknowledgedBeforeRemoval(EnumSet.of(PlantedBug.ACKNOWLEDGE_BEFORE_REMOVAL)))
        .isTrue();
    rig.record.make();
  }

  private boolean isAcknowledgedBeforeRemoval(Set<PlantedBug> bugs) {
    rig(List.of(MemberState.IN_SYNC, MemberState.IN_SYNC), bugs);
    rig.record.hold();
    rig.devices[1].down(BlockStatus.PATH_LOST);
    return rig.write(0, 1, 1).isDone();
  }

  @Test
  void bitmapOfTheLeavingMember_isOnTheMedia_beforeTheRemovalIsAsked() {
    rig.log.holdAnswers();
    rig.record.hold();
    rig.devices[1].down(BlockStatus.FAILED);
    Host write = rig.write(9, 1, 1);
    assertThat(rig.record.waiting()).isZero();
    rig.log.releaseAnswers();
    assertThat(rig.record.asked()).isEqualTo(new Remove(0b10));
    assertThat(rig.log.lacks(1).get(9)).isTrue();
    rig.record.make();
    assertThat(write.status).isEqualTo(BlockStatus.SUCCESS);
    rig.write(12, 1, 1);
    assertThat(rig.log.lacks(1).get(12)).as("later writes too").isTrue();
  }

  @Test
  void removalInDoubt_orRefused_isAskedAgain_andNothingIsAnsweredMeanwhile() {
    rig.record.hold();
    rig.devices[0].down(BlockStatus.PATH_LOST);
    Host first = rig.write(0, 1, 1);
    rig.record.doubt(true);
    Host second = rig.write(1, 1, 2);
    assertThat(rig.value(1, 1)).as("the remaining one has it").isEqualTo(2);
    retry();
    rig.record.refuse();
    assertThat(first.isDone() || second.isDone()).isFalse();
    retry();
    rig.record.make();
    assertThat(first.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(second.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rig.mirror.changesAsked()).isEqualTo(3);
    assertThat(rig.mirror.changesInDoubt()).isEqualTo(1);
  }

  @Test
  void twoThatFail_leaveByOneChange_evenWhileTheFirstIsPrepared() {
    rig.close();
    rig = new MirrorRig(3);
    rig.log.holdAnswers();
    rig.record.hold();
    rig.devices[0].down(BlockStatus.PATH_LOST);
    rig.write(0, 1, 1);
    rig.devices[2].down(BlockStatus.PATH_LOST);
    Host write = rig.write(1, 1, 1);
    rig.log.releaseAnswers();
    assertThat(rig.record.asked()).isEqualTo(new Remove(0b101));
    rig.record.make();
    assertThat(write.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rig.record.made()).containsExactly(new Remove(0b101));
  }

  @Test
  void oneThatFails_whileAnotherRemovalIsAsked_leavesByTheNext() {
    rig.close();
    rig = new MirrorRig(3);
    rig.record.hold();
    rig.devices[0].down(BlockStatus.PATH_LOST);
    Host write = rig.write(0, 1, 1);
    rig.devices[2].down(BlockStatus.PATH_LOST);
    Host other = rig.write(1, 1, 1);
    rig.record.make();
    assertThat(write.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(other.isDone()).isFalse();
    rig.record.make();
    assertThat(other.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rig.record.made()).containsExactly(new Remove(0b001), new Remove(0b100));
  }

  @Test
  void lastInSyncMemberLost_stopsTheGroup_andIsNeverRemoved() {
    rig.devices[1].down(BlockStatus.PATH_LOST);
    rig.write(0, 1, 1);
    rig.holdAll();
    Host write = rig.write(1, 1, 1);
    Host behind = rig.write(1, 1, 1);
    rig.devices[0].down(BlockStatus.PATH_LOST);
    assertThat(write.status).isEqualTo(BlockStatus.PATH_LOST);
    assertThat(behind.status).isEqualTo(BlockStatus.PATH_LOST);
    assertThat(rig.read(0, 1).status).isEqualTo(BlockStatus.PATH_LOST);
    assertThat(rig.mirror.isStopped()).isTrue();
    assertThat(rig.stopReason).contains("no in-sync member");
    assertThat(rig.log.isStopped()).isTrue();
    assertThat(rig.record.inSync()).isEqualTo(0b01);
  }

  @Test
  void bothLostAtOnce_stopsTheGroup_whatWaitsForTheRemovalToo() {
    rig.record.hold();
    rig.devices[1].down(BlockStatus.PATH_LOST);
    Host write = rig.write(0, 1, 1);
    rig.devices[0].down(BlockStatus.PATH_LOST);
    Host read = rig.read(5, 1);
    assertThat(write.status).isEqualTo(BlockStatus.PATH_LOST);
    assertThat(read.status).isEqualTo(BlockStatus.PATH_LOST);
    rig.record.make();
    assertThat(rig.mirror.isStopped()).isTrue();
  }

  @Test
  void badBlockOnTheLastInSyncMember_isTheHostsError_theGroupGoesOn() {
    rig.devices[1].down(BlockStatus.PATH_LOST);
    rig.write(0, 1, 1);
    rig.devices[0].hold();
    Host write = rig.write(3, 1, 1);
    rig.devices[0].fail(0, BlockStatus.WRITE_FAULT);
    assertThat(write.status).isEqualTo(BlockStatus.WRITE_FAULT);
    rig.devices[0].goOn();
    assertThat(rig.write(4, 1, 1).status).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void badBlockOnTheLastInSyncMember_isMarkedForTheRebuildingOne() {
    rebuildingSecond(Set.of());
    rig.devices[0].hold();
    Host write = rig.write(3, 1, 1);
    rig.devices[0].fail(0, BlockStatus.WRITE_FAULT);
    assertThat(write.status).isEqualTo(BlockStatus.WRITE_FAULT);
    assertThat(rig.mirror.rebuilding()).as("a healthy member does not fail").isEqualTo(0b10);
    assertThat(rig.log.lacks(1).get(3)).isTrue();
  }

  @Test
  void badBlockOnTheLastInSyncMember_whileAPromotionIsInDoubt_takesThePromotedOut() {
    rebuildingSecond(Set.of());
    rig.record.hold();
    rig.mirror.promote(1, answers::add);
    rig.record.doubt(true);
    rig.devices[0].hold();
    Host write = rig.write(3, 1, 1);
    rig.devices[0].fail(0, BlockStatus.WRITE_FAULT);
    assertThat(write.isDone()).as("both are in-sync by the record, and differ").isFalse();
    assertThat(rig.record.asked()).isEqualTo(new Remove(0b10));
    rig.record.make();
    assertThat(write.status).isEqualTo(BlockStatus.WRITE_FAULT);
    assertThat(answers).containsExactly(false);
  }

  @Test
  void rebuildingMember_isWritten_notRead_andItsLossIsARecordChangeToo() {
    rebuildingSecond(Set.of());
    rig.write(0, 1, 1);
    assertThat(rig.value(1, 0)).isEqualTo(1);
    for (int i = 0; i < 10; i++) {
      rig.read(0, 1);
    }
    assertThat(rig.devices[1].reads()).isZero();
    rig.record.hold();
    rig.devices[1].down(BlockStatus.WRITE_FAULT);
    Host write = rig.write(1, 1, 1);
    assertThat(write.isDone()).isFalse();
    rig.record.make();
    assertThat(write.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rig.mirror.rebuilding()).isZero();
  }

  @Test
  void promotion_flushes_prepares_asks_andThenReads() {
    rebuildingSecond(Set.of());
    rig.record.hold();
    rig.log.holdAnswers();
    rig.devices[1].hold();
    rig.mirror.promote(1, answers::add);
    assertThat(rig.log.answersHeld()).isZero();
    rig.devices[1].goOn();
    assertThat(rig.devices[1].flushes()).isEqualTo(1);
    assertThat(rig.record.waiting()).isZero();
    rig.log.releaseAnswers();
    assertThat(rig.record.asked()).isEqualTo(new Promote(1));
    rig.record.make();
    assertThat(answers).containsExactly(true);
    assertThat(rig.mirror.inSync()).isEqualTo(0b11);
    rig.read(0, 1);
    rig.read(0, 1);
    assertThat(rig.devices[1].reads()).isEqualTo(1);
  }

  @Test
  void promotionInDoubt_countsForWrites_notForReads() {
    assertThat(readsWhileInDoubt(Set.of())).isZero();
    rig.write(5, 1, 6);
    assertThat(rig.value(1, 5)).isEqualTo(6);
    rig.devices[1].hold();
    Host write = rig.write(6, 1, 6);
    assertThat(write.isDone()).as("not without the one in doubt").isFalse();
    rig.devices[1].goOn();
    assertThat(write.isDone()).isTrue();
    assertThat(answers).isEmpty();
    retry();
    rig.record.make();
    assertThat(answers).containsExactly(true);
  }

  @Test
  void readWhilePromotionIsInDoubt_isThePlantedBug() {
    assertThat(readsWhileInDoubt(EnumSet.of(PlantedBug.READ_WHILE_PROMOTION_IN_DOUBT)))
        .isPositive();
  }

  private long readsWhileInDoubt(Set<PlantedBug> bugs) {
    rebuildingSecond(bugs);
    rig.record.hold();
    rig.mirror.promote(1, answers::add);
    rig.record.doubt(true);
    for (int i = 0; i < 4; i++) {
      rig.read(0, 1);
    }
    return rig.devices[1].reads();
  }

  @Test
  void memberSkippedWhilePromotionIsInDoubt_isThePlantedBug() {
    rebuildingSecond(EnumSet.of(PlantedBug.SKIP_WHILE_PROMOTION_IN_DOUBT));
    rig.record.hold();
    rig.mirror.promote(1, answers::add);
    rig.record.doubt(true);
    assertThat(rig.write(5, 1, 6).status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rig.value(1, 5)).as("in-sync by the record, and lacks it").isZero();
  }

  @Test
  void writeThatThePromotedMissed_whileInDoubt_waitsForItsRemoval() {
    rebuildingSecond(Set.of());
    rig.record.hold();
    rig.mirror.promote(1, answers::add);
    rig.record.doubt(true);
    rig.devices[1].down(BlockStatus.PATH_LOST);
    Host write = rig.write(5, 1, 6);
    assertThat(write.isDone()).isFalse();
    assertThat(rig.record.asked()).isEqualTo(new Remove(0b10));
    rig.record.make();
    assertThat(write.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(answers).containsExactly(false);
    assertThat(rig.mirror.inSync()).isEqualTo(0b01);
  }

  @Test
  void lastInSyncMemberLost_whileAPromotionIsInDoubt_dependsOnItsOutcome() {
    for (boolean made : new boolean[] {true, false}) {
      rebuildingSecond(Set.of());
      rig.record.hold();
      rig.mirror.promote(1, answers::add);
      rig.record.doubt(made);
      rig.devices[0].down(BlockStatus.PATH_LOST);
      Host write = rig.write(5, 1, 6);
      assertThat(write.isDone()).isFalse();
      retry();
      assertThat(rig.record.asked()).isEqualTo(new Promote(1));
      if (made) {
        rig.record.make();
        assertThat(rig.record.asked()).isEqualTo(new Remove(0b01));
        rig.record.make();
        assertThat(write.status).isEqualTo(BlockStatus.SUCCESS);
        assertThat(rig.read(5, 1).value()).isEqualTo(6);
      } else {
        rig.record.refuse();
        assertThat(write.status).isEqualTo(BlockStatus.PATH_LOST);
        assertThat(rig.mirror.isStopped()).isTrue();
      }
    }
  }

  @Test
  void anotherOneFails_whileAPromotionIsPrepared_itsRemovalGoesFirst() {
    rig(List.of(MemberState.IN_SYNC, MemberState.IN_SYNC, MemberState.REBUILDING), Set.of());
    rig.record.hold();
    rig.log.holdAnswers();
    rig.mirror.promote(2, answers::add);
    rig.devices[0].down(BlockStatus.PATH_LOST);
    Host write = rig.write(0, 1, 1);
    rig.log.releaseAnswers();
    assertThat(rig.record.asked()).isEqualTo(new Remove(0b001));
    rig.record.make();
    assertThat(write.status).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rig.record.asked()).isEqualTo(new Promote(2));
    rig.record.make();
    assertThat(answers).containsExactly(true);
    assertThat(rig.mirror.inSync()).isEqualTo(0b110);
  }

  @Test
  void memberPromotedWhileAWriteFailedOnTheOther_doesNotKeepWhatThatOneLacks() {
    rebuildingSecond(Set.of());
    rig.holdAll();
    Host write = rig.write(0, 1, 5);
    rig.devices[0].fail(0, BlockStatus.WRITE_FAULT);
    rig.mirror.promote(1, answers::add);
    assertThat(rig.devices[1].heldCommand(1).op()).isEqualTo(BlockOp.FLUSH);
    rig.devices[1].run(1);
    assertThat(answers).containsExactly(true);
    rig.devices[1].run(0);
    assertThat(write.status).isEqualTo(BlockStatus.WRITE_FAULT);
    assertThat(rig.value(0, 0)).isNotEqualTo(rig.value(1, 0));
    assertThat(rig.mirror.inSync()).as("else reads differ").isEqualTo(0b01);
  }

  @Test
  void refusedPromotion_leavesTheMemberRebuilding() {
    rebuildingSecond(Set.of());
    rig.record.hold();
    rig.mirror.promote(1, answers::add);
    rig.record.refuse();
    assertThat(answers).containsExactly(false);
    assertThat(rig.mirror.rebuilding()).isEqualTo(0b10);
    assertThat(rig.mirror.failed()).isZero();
  }

  @Test
  void removedMember_comesBack_isRebuilt_andPromoted() {
    rig.devices[1].down(BlockStatus.PATH_LOST);
    rig.write(4, 2, 8);
    var again = new SteeredDevice(MirrorRig.MEMBER_GEOMETRY, rig.devices[1].content(), false);
    rig.record.hold();
    rig.mirror.beginRebuild(1, again, answers::add);
    rig.write(6, 1, 9);
    assertThat(again.writes()).as("not before it is in the write set").isZero();
    rig.record.doubt(true);
    rig.write(7, 1, 9);
    assertThat(again.writes()).isZero();
    retry();
    rig.record.make();
    assertThat(answers).containsExactly(true);
    rig.record.goOn();
    rig.write(8, 1, 9);
    assertThat(again.value(8 + MirrorRig.HEADER_BLOCKS)).isEqualTo(9);
    rig.mirror.promote(1, answers::add);
    assertThat(answers).as("it lacks blocks").containsExactly(true, false);
    List<BlockStatus> copied = new ArrayList<>();
    rig.mirror.copy(4, 4, -1, 0b10, copied::add);
    assertThat(copied).containsExactly(BlockStatus.SUCCESS);
    for (int block = 4; block < 8; block++) {
      rig.log.caughtUp(1, block);
    }
    rig.mirror.promote(1, answers::add);
    assertThat(answers).containsExactly(true, false, true);
    assertThat(rig.record.made())
        .containsExactly(new Remove(0b10), new BeginRebuild(1), new Promote(1));
    assertThat(again.value(4 + MirrorRig.HEADER_BLOCKS)).isEqualTo(8);
  }

  @Test
  void whoCannotComeBack_isRefused() {
    rig.mirror.beginRebuild(1, rig.devices[1], answers::add);
    assertThat(answers).as("it is in-sync").containsExactly(false);
    rig.devices[1].down(BlockStatus.PATH_LOST);
    rig.write(4, 2, 8);
    rig.mirror.beginRebuild(1, null, answers::add);
    rig.mirror.beginRebuild(1, new SteeredDevice(MirrorRig.GEOMETRY), answers::add);
    assertThat(answers).as("no device, too small").containsExactly(false, false, false);
    rig.mirror.promote(1, answers::add);
    assertThat(answers).as("it is absent").containsExactly(false, false, false, false);
    assertThat(rig.record.made()).containsExactly(new Remove(0b10));
  }

  @Test
  void ownershipLost_stopsTheGroup() {
    rig.record.hold();
    rig.devices[1].down(BlockStatus.PATH_LOST);
    Host write = rig.write(0, 1, 1);
    rig.record.loseOwnership();
    assertThat(write.status).isEqualTo(BlockStatus.PATH_LOST);
    assertThat(rig.stopReason).contains("owner");
  }
}
