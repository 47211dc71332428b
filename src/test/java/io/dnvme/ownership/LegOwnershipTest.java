package io.dnvme.ownership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.disk.admission.Epoch;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** How a controller comes to own a leg, keeps it, changes its record and loses it. */
class LegOwnershipTest extends LegOwnershipRig {

  @Test
  void claimantThatIsToldWhenTheLegIsFree_doesNotAskAllTheTime() {
    create();
    second.watch.covers = true;
    second.leg.claim();
    run(10_000 * MILLIS);
    assertThat(second.failed).isEmpty();
    assertThat(second.reads).isBetween(3 * 4, 3 * 6);
    first.leg.release();
    run(2 * MILLIS);
    Samples.holders(1, 2).forEach(holder -> second.watch.listener.free(holder.store()));
    run(40 * MILLIS);
    assertThat(second.leg.mayAnswer()).isTrue();
    assertThat(second.watch.listener).isNull();
  }

  @Test
  void claimantThatIsToldAnUntruth_asksAndWaitsOn() {
    create();
    second.watch.covers = true;
    second.leg.claim();
    run(100 * MILLIS);
    for (int i = 0; i < 20; i++) {
      Samples.holders(1, 2, 3).forEach(holder -> second.watch.listener.free(holder.store()));
      second.watch.listener.askAgain();
      run(50 * MILLIS);
    }
    assertThat(second.owned).isEmpty();
    assertThat(second.failed).isEmpty();
    assertThat(first.leg.mayAnswer()).isTrue();
  }

  @Test
  void legWhoseHoldersAreFull_isNotMade_andThatIsWhatIsSaid() {
    fill(2);
    first.leg.create(Samples.first());
    run(30 * MILLIS);
    assertThat(first.leg.mayAnswer()).isTrue();
    fill(1, 2, 3);
    second.leg.create(Samples.first());
    run(30 * MILLIS);
    assertThat(second.failed)
        .first()
        .asString()
        .startsWith("record holders keep as many legs as they can: stores [")
        .contains(Samples.id(5, 1).toString());
  }

  /** What it was told may have been lost. */
  @Test
  void claimantThatIsToldNothing_asksAfterAWhile() {
    create();
    second.watch.covers = true;
    second.leg.claim();
    run(100 * MILLIS);
    first.leg.release();
    run(ClaimProbe.WATCHED_POLL_NANOS + 50 * MILLIS);
    assertThat(second.leg.mayAnswer()).isTrue();
  }

  @Test
  void ownerWithoutMember_keepsTheLegForAWhile_whileItsLeaseGoesOn() {
    create();
    first.leg.usable(false);
    run(OwnershipOptions.DEFAULT.withoutMemberNanos() - MILLIS);
    assertThat(first.lost).isEmpty();
    run(MILLIS);
    assertThat(first.lost).containsExactly("a group has no usable in-sync member");
  }

  @Test
  void ownerWhoseMemberReturns_keepsTheLeg() {
    create();
    first.leg.usable(false);
    run(OwnershipOptions.DEFAULT.withoutMemberNanos() - MILLIS);
    first.leg.usable(true);
    run(OwnershipOptions.DEFAULT.withoutMemberNanos());
    assertThat(first.lost).isEmpty();
  }

  /** It stood still for longer than its lease, and finds its connections cut. */
  @Test
  void ownerWithoutMember_whoseLeaseIsOver_givesUpAtOnce() {
    create();
    first.cutOff = true;
    run(LEASE);
    assertThat(first.leg.mayAnswer()).isFalse();
    assertThat(first.lost).isEmpty();
    first.leg.usable(false);
    assertThat(first.lost).containsExactly("a group has no usable in-sync member");
  }

  @Test
  void ownerWithoutMember_whoseLeaseEnds_givesUpThen() {
    create();
    first.cutOff = true;
    first.leg.usable(false);
    run(LEASE);
    assertThat(first.lost).containsExactly("a group has no usable in-sync member");
  }

  @Test
  void logicalDiskThatAdmittedAHigherEpoch_endsTheTerm_andTheNextOneIsHigherStill() {
    create();
    Epoch own = first.leg.epoch();
    first.leg.superseded(own);
    assertThat(first.lost).isEmpty();
    var higher = new Epoch(own.number() + 7, Samples.id(3, 2));
    first.leg.superseded(higher);
    assertThat(first.lost).containsExactly("a logical disk admitted epoch " + higher);
    assertThat(first.leg.state()).isEqualTo(LegOwnership.State.IDLE);
    first.leg.claim();
    run(50 * MILLIS);
    assertThat(first.leg.epoch().isHigherThan(higher)).isTrue();
  }

  /** Whoever was to create it knows better once it has seen a record (RECORD). */
  @Test
  void creatorThatSawARecord_doesNotCreateTheLegAnew_whenItsHoldersAreLost() {
    create();
    second.leg.create(Samples.first());
    run(3000 * MILLIS);
    assertThat(second.failed).isNotEmpty();
    assertThat(second.leg.creates()).isFalse();
    first.cutOff = true;
    holders.replaceAll((store, holder) -> new RecordHolder(new ManualStore(false), clock));
    run(20_000 * MILLIS);
    assertThat(second.owned).isEmpty();
  }

  @Test
  void creatorThatSawNoRecord_stillCreates() {
    second.cutOff = true;
    second.leg.create(Samples.first());
    run(3000 * MILLIS);
    assertThat(second.failed).isNotEmpty();
    assertThat(second.leg.creates()).isTrue();
    second.cutOff = false;
    run(3000 * MILLIS);
    assertThat(second.owned).hasSize(1);
  }

  @Test
  void creation_isOwnedByItsCreator_andMaintained() {
    create();
    assertThat(first.owned).hasSize(1);
    assertThat(first.owned.get(0).admitted()).hasSize(2);
    assertThat(first.leg.record().generation()).isEqualTo(1);
    run(100 * LEASE);
    assertThat(first.leg.mayAnswer()).isTrue();
  }

  @Test
  void creationAgain_findsTheLeg() {
    create();
    first.leg.release();
    run(10 * MILLIS);
    second.leg.create(Samples.first());
    run(30 * MILLIS);
    assertThat(second.leg.record().generation()).isEqualTo(2);
    assertThat(second.leg.epoch().number()).isEqualTo(2);
  }

  @Test
  void claimOfALegThatNobodyKnows_ownsNothing() {
    first.leg.claim();
    run(20 * LEASE);
    assertThat(first.owned).isEmpty();
    assertThat(first.failed).isNotEmpty().containsOnly("too few holders answer");
  }

  /** Nobody comes so far by claims; who promises it away ends the leg, and no reactor. */
  @Test
  void legWhoseEpochsAreUsedUp_isClaimedByNobody() {
    create();
    first.leg.release();
    run(10 * MILLIS);
    var last = new Epoch(Epoch.MAX_NUMBER, Samples.id(3, 9));
    for (RecordHolder holder : holders.values()) {
      holder.handle(List.of(HolderRequest.Promise.of(Samples.LEG, last)), replies -> {});
    }
    run(10 * MILLIS);
    second.leg.claim();
    run(20 * LEASE);
    assertThat(second.owned).isEmpty();
    assertThat(second.failed).contains("a holder promised the last epoch that there can be");
  }

  @Test
  void firstRecordThatIsNone_isRefused() {
    assertThatThrownBy(() -> first.leg.create(Samples.full()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(first.leg.state()).isEqualTo(LegOwnership.State.IDLE);
  }

  @Test
  void releasedLeg_isOwnedByTheNextWithoutAWait() {
    create();
    first.leg.release();
    assertThat(first.leg.mayAnswer()).isFalse();
    second.leg.claim();
    run(30 * MILLIS);
    assertThat(second.leg.mayAnswer()).isTrue();
    assertThat(first.lost).containsExactly("released");
  }

  @Test
  void silentOwner_losesItsRightBeforeTheNextGetsIt() {
    create();
    first.cutOff = true;
    second.leg.claim();
    run(LEASE);
    assertThat(first.leg.mayAnswer()).isFalse();
    assertThat(second.leg.mayAnswer()).isFalse();
    run(WAIT - LEASE + 100 * MILLIS);
    assertThat(second.leg.mayAnswer()).isTrue();
    first.cutOff = false;
    run(LEASE);
    assertThat(first.lost).hasSize(1);
    assertThat(first.leg.state()).isEqualTo(LegOwnership.State.IDLE);
  }

  @Test
  void claimAgainstALivingOwner_disturbsNobody() {
    create();
    second.leg.claim();
    run(50 * LEASE);
    assertThat(first.leg.mayAnswer()).isTrue();
    assertThat(first.leg.epoch().number()).isEqualTo(1);
    second.leg.release();
    assertThat(second.leg.state()).isEqualTo(LegOwnership.State.IDLE);
  }

  @Test
  void unreachableInSyncMember_isRemovedBeforeTheLegIsServed() {
    create();
    first.leg.release();
    unreachableDisks.add(Samples.id(6, 2));
    second.leg.claim();
    run(50 * MILLIS);
    assertThat(second.leg.mayAnswer()).isTrue();
    assertThat(second.owned.get(0).admitted()).containsExactly(Samples.id(6, 1));
    assertThat(second.leg.record().member(Samples.id(6, 2)).state()).isEqualTo(MemberState.ABSENT);
    assertThat(second.prepared).containsExactly(second.leg.record());
  }

  @Test
  void legWithoutAnyMember_waits_andIsOwnedWhenOneIsBack() {
    create();
    first.leg.release();
    unreachableDisks.add(Samples.id(6, 1));
    unreachableDisks.add(Samples.id(6, 2));
    second.leg.claim();
    run(3000 * MILLIS);
    assertThat(second.failed).containsExactly("a group has no in-sync member that admitted");
    unreachableDisks.remove(Samples.id(6, 2));
    run(3000 * MILLIS);
    assertThat(second.leg.mayAnswer()).isTrue();
  }

  @Test
  void ownerWithoutAUsableMember_releasesAfterTwoSeconds_andClaimsAgain() {
    create();
    first.leg.usable(false);
    run(1900 * MILLIS);
    first.leg.usable(true);
    run(1900 * MILLIS);
    assertThat(first.lost).isEmpty();
    first.leg.usable(false);
    run(2050 * MILLIS);
    assertThat(first.lost).containsExactly("a group has no usable in-sync member");
    run(1000 * MILLIS);
    assertThat(first.leg.mayAnswer()).isTrue();
    assertThat(first.leg.epoch().number()).isEqualTo(2);
  }

  @Test
  void changes_areMadeInTheirOrder_andABadOneIsRefused() {
    create();
    var outcomes = new ArrayList<ChangeOutcome>();
    first.leg.change(record -> record.withSize(2L << 30), outcomes::add);
    first.leg.change(record -> record.withSize(1L << 30), outcomes::add);
    first.leg.change(record -> record.withSize(-1), outcomes::add);
    first.leg.change(record -> record.withSize(3L << 30), outcomes::add);
    assertThat(outcomes).isEmpty();
    run(20 * MILLIS);
    assertThat(outcomes).hasSize(4);
    assertThat(outcomes.get(0)).isInstanceOf(ChangeOutcome.Known.class);
    assertThat(outcomes.get(1)).isEqualTo(new ChangeOutcome.Refused("nothing shrinks"));
    assertThat(outcomes.get(2)).isInstanceOf(ChangeOutcome.Refused.class);
    assertThat(outcomes.get(3)).isEqualTo(new ChangeOutcome.Known(first.leg.record()));
    assertThat(first.leg.record().generation()).isEqualTo(3);
  }

  @Test
  void changeByNoOwner_isRefused() {
    var outcomes = new ArrayList<ChangeOutcome>();
    first.leg.change(record -> record.withSize(2L << 30), outcomes::add);
    assertThat(outcomes.get(0)).isInstanceOf(ChangeOutcome.Refused.class);
  }

  @Test
  void tooManyWaitingChanges_areRefused() {
    create();
    first.cutOff = true;
    var outcomes = new ArrayList<ChangeOutcome>();
    for (int i = 0; i < LegOwnership.MAX_WAITING_CHANGES + 1; i++) {
      first.leg.change(record -> record.withSize(record.sizeBytes() + 1), outcomes::add);
    }
    assertThat(outcomes).isEmpty();
    first.leg.change(record -> record.withSize(record.sizeBytes() + 1), outcomes::add);
    assertThat(outcomes)
        .containsExactly(new ChangeOutcome.Refused("too many changes wait already"));
  }

  @Test
  void changeInDoubt_isMadeWhenHoldersAnswerAgain_andLostWhereAnotherClaims() {
    create();
    deafHolders.addAll(holders.keySet());
    var outcomes = new ArrayList<ChangeOutcome>();
    first.leg.change(record -> record.withSize(2L << 30), outcomes::add);
    run(5 * LEASE);
    assertThat(outcomes).isEmpty();
    deafHolders.clear();
    run(LEASE + 800 * MILLIS);
    assertThat(outcomes).containsExactly(new ChangeOutcome.Known(first.leg.record()));

    first.cutOff = true;
    first.leg.change(record -> record.withSize(3L << 30), outcomes::add);
    first.leg.change(record -> record.withSize(4L << 30), outcomes::add);
    second.leg.claim();
    run(3 * LEASE);
    first.cutOff = false;
    run(3 * LEASE);
    assertThat(outcomes).hasSize(3);
    assertThat(outcomes.get(1)).isInstanceOf(ChangeOutcome.Lost.class);
    assertThat(outcomes.get(2)).isInstanceOf(ChangeOutcome.Refused.class);
    assertThat(second.leg.record().sizeBytes()).isEqualTo(2L << 30);
  }

  @Test
  void holderThatMissedTheClaim_isToldLater() {
    UUID late = Samples.id(5, 3);
    deafHolders.add(late);
    create();
    deafHolders.clear();
    run(LEASE);
    assertThat(holders.get(late).entries())
        .singleElement()
        .satisfies(entry -> assertThat(entry.accepted()).isEqualTo(first.leg.record()));
    deafHolders.add(Samples.id(5, 1));
    run(5 * LEASE);
    assertThat(first.leg.mayAnswer()).isTrue();
  }
}
