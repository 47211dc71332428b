package io.dnvme.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What becomes of a leg whose record is moved to other holders (RECORD). */
class HolderChangeTest extends HolderChangeRig {

  @Test
  void holdersChange_andTheNextClaimFindsThemThroughTombstones() {
    create();
    var outcomes = new ArrayList<ChangeOutcome>();
    first.leg.changeHolders(Samples.holders(5), outcomes::add);
    run(LEASE);
    assertThat(outcomes).containsExactly(new ChangeOutcome.Known(first.leg.record()));
    assertThat(first.leg.record().holders()).isEqualTo(Samples.holders(5));
    for (int old : new int[] {1, 2, 3}) {
      assertThat(entryOf(old).tombstone()).isNotNull();
    }
    assertSecondCanClaim();
  }

  @Test
  void changeToHoldersThatDoNotAnswer_isRefused_andNothingHappened() {
    create();
    deafHolders.add(Samples.id(5, 4));
    deafHolders.add(Samples.id(5, 5));
    var outcomes = new ArrayList<ChangeOutcome>();
    first.leg.changeHolders(Samples.holders(3, 4, 5), outcomes::add);
    run(5 * LEASE);
    assertThat(outcomes).singleElement().isInstanceOf(ChangeOutcome.Refused.class);
    assertThat(first.leg.record().generation()).isEqualTo(1);
    assertThat(first.leg.mayAnswer()).isTrue();
    first.leg.changeHolders(Samples.holders(1, 2), outcomes::add);
    assertThat(outcomes.get(1)).isInstanceOf(ChangeOutcome.Refused.class);
  }

  /** Two of the old holders are a majority of both sets: the third would be one in name alone. */
  @Test
  void newHolderThatDoesNotAnswer_doesNotBecomeOne_thoughTheOthersSuffice() {
    create();
    deafHolders.add(Samples.id(5, 4));
    List<ChangeOutcome> refused = changeHolders(2, 3, 4);
    run(8 * LEASE);
    assertThat(refused).singleElement().isInstanceOf(ChangeOutcome.Refused.class);
    assertThat(first.leg.record().generation()).isEqualTo(1);
    deafHolders.clear();
    List<ChangeOutcome> known = changeHolders(2, 3, 4);
    run(8 * LEASE);
    assertThat(known).singleElement().isInstanceOf(ChangeOutcome.Known.class);
  }

  @Test
  void refusedChangeOfHolders_leavesNothingBehind() {
    create();
    deafHolders.add(Samples.id(5, 5));
    List<ChangeOutcome> outcomes = changeHolders(5);
    runUndisturbed(1600 * MILLIS);
    assertThat(outcomes).singleElement().isInstanceOf(ChangeOutcome.Refused.class);
    List<ChangeOutcome> second = changeHolders(3, 4, 5);
    deafHolders.add(Samples.id(5, 3));
    runUndisturbed(100 * MILLIS);
    assertThat(holder(4).entries()).hasSize(1);
    runUndisturbed(3000 * MILLIS);
    assertThat(second).singleElement().isInstanceOf(ChangeOutcome.Refused.class);
    assertUnknown(4, 5);
    assertThat(first.leg.record().generation()).isEqualTo(1);
  }

  @Test
  void nextHolderThatIsFull_isNotTaken_andThatIsWhatIsSaid() {
    create();
    fill(5);
    List<ChangeOutcome> outcomes = changeHolders(3, 4, 5);
    runUndisturbed(2000 * MILLIS);
    assertThat(outcomes)
        .containsExactly(
            new ChangeOutcome.Refused(
                "next holders keep as many legs as they can: stores [" + Samples.id(5, 5) + "]"));
  }

  /** They answer, but later than is of any use to the lease. */
  @Test
  void slowNextHolders_areNotTaken_andDisturbNobody() {
    create();
    for (long slow : new long[] {110, 150, 190, 300}) {
      slowNanos.put(Samples.id(5, 4), slow * MILLIS);
      slowNanos.put(Samples.id(5, 5), slow * MILLIS);
      List<ChangeOutcome> outcomes = changeHolders(3, 4, 5);
      runUndisturbed(10 * LEASE);
      assertThat(outcomes).singleElement().isInstanceOf(ChangeOutcome.Refused.class);
    }
    slowNanos.clear();
    runUndisturbed(10 * LEASE);
    assertUnknown(4, 5);
    List<ChangeOutcome> outcomes = changeHolders(3, 4, 5);
    runUndisturbed(LEASE);
    assertThat(outcomes).containsExactly(new ChangeOutcome.Known(first.leg.record()));
  }

  @Test
  void nextHoldersThatDie_whenBothSetsAreNamed_areLeftOutAgain_andDisturbNobody() {
    create();
    List<ChangeOutcome> outcomes = changeHolders(3, 4, 5);
    deafToRecords.add(Samples.id(5, 5));
    runUntilStep(HolderStep.BOTH);
    muteHolders.add(Samples.id(5, 4));
    deafHolders.add(Samples.id(5, 5));
    runUndisturbed(1400 * MILLIS);
    assertThat(first.leg.holderStep()).isEqualTo(HolderStep.BOTH);
    runUndisturbed(300 * MILLIS);
    assertThat(outcomes).singleElement().isInstanceOf(ChangeOutcome.Refused.class);
    assertThat(first.leg.record().holders()).isEqualTo(Samples.holders(1, 2, 3));
    assertThat(first.leg.record().changesHolders()).isFalse();
    deafHolders.clear();
    deafToRecords.clear();
    muteHolders.clear();
    runUndisturbed(5 * LEASE);
    // The one accepted the record that names both; the other has nothing that it must keep.
    assertRetired(4, Samples.holders(1, 2, 3));
    assertUnknown(5);
    assertSecondCanClaim();
  }

  /** MEMBER waits for no holder that is only meant to be one. */
  @Test
  void otherChanges_areMade_whileTheNextHoldersAreAwaited() {
    create();
    deafHolders.add(Samples.id(5, 5));
    changeHolders(5);
    run(10 * MILLIS);
    var outcomes = new ArrayList<ChangeOutcome>();
    first.leg.change(record -> record.withSize(2L << 30), outcomes::add);
    run(10 * MILLIS);
    assertThat(outcomes).containsExactly(new ChangeOutcome.Known(first.leg.record()));
    deafHolders.clear();
    run(3 * LEASE);
    assertThat(first.leg.record().holders()).isEqualTo(Samples.holders(5));
    assertThat(first.leg.record().sizeBytes()).isEqualTo(2L << 30);
  }

  @Test
  void secondChangeOfHolders_isRefused_whileOneIsUnderWay() {
    create();
    List<ChangeOutcome> one = changeHolders(5);
    List<ChangeOutcome> two = changeHolders(4);
    assertThat(two)
        .containsExactly(new ChangeOutcome.Refused("the holders are being changed already"));
    run(2 * LEASE);
    assertThat(one).singleElement().isInstanceOf(ChangeOutcome.Known.class);
  }

  @Test
  void ownerThatDies_atAnyStep_leavesAChangeThatTheNextOneFinishesOrForgets() {
    for (HolderStep step : HolderStep.values()) {
      if (step == HolderStep.BACK || step == HolderStep.WAITING) {
        continue;
      }
      var test = new HolderChangeTest();
      test.start();
      test.create();
      test.changeHolders(3, 4, 5);
      test.runUntilStep(step);
      test.first.cutOff = true;
      test.run(10 * MILLIS);
      test.second.leg.claim();
      test.run(5 * LEASE);
      assertThat(test.second.leg.mayAnswer()).as(step.toString()).isTrue();
      LegRecord record = test.second.leg.record();
      assertThat(record.changesHolders()).isFalse();
      test.second.leg.dismiss(test.holders.keySet());
      test.run(5 * LEASE);
      if (step == HolderStep.BOTH) {
        // They accepted the half step before any old one was asked, and it was ruled out.
        assertThat(record.holders()).isEqualTo(Samples.holders(1, 2, 3));
        test.assertRetired(4, record.holders());
        test.assertRetired(5, record.holders());
      } else if (record.holders().equals(Samples.holders(1, 2, 3))) {
        test.assertUnknown(4, 5);
      } else {
        assertThat(record.holders()).isEqualTo(Samples.holders(3, 4, 5));
        test.assertRetired(1, record.holders());
        test.assertRetired(2, record.holders());
      }
    }
  }

  @Test
  void droppedHolderThatWasAway_isToldWhenItIsBack() {
    create();
    deafHolders.add(Samples.id(5, 1));
    changeHolders(3, 4, 5);
    run(20 * LEASE);
    assertThat(entryOf(1).retired()).isFalse();
    deafHolders.clear();
    run(1000 * MILLIS);
    assertRetired(1, Samples.holders(3, 4, 5));
    assertThat(first.leg.dismissed()).contains(Samples.id(5, 1), Samples.id(5, 2));
  }

  /** The old ones keep what they have for as long as fewer have it than the record names. */
  @Test
  void droppedHolders_areToldWhenEachNewOneHasTheRecord() {
    create();
    deafToRecords.add(Samples.id(5, 5));
    List<ChangeOutcome> outcomes = changeHolders(3, 4, 5);
    runUndisturbed(2000 * MILLIS);
    assertThat(outcomes).singleElement().isInstanceOf(ChangeOutcome.Known.class);
    first.leg.dismiss(holders.keySet());
    first.leg.change(record -> record.withSize(2L << 30), outcomes::add);
    runUndisturbed(2000 * MILLIS);
    assertThat(outcomes).hasSize(2);
    for (int old : new int[] {1, 2}) {
      assertThat(entryOf(old).retired()).isFalse();
    }
    assertThat(first.leg.dismissed()).isEmpty();
    deafToRecords.clear();
    runUndisturbed(1500 * MILLIS);
    assertRetired(1, Samples.holders(3, 4, 5));
    assertRetired(2, Samples.holders(3, 4, 5));
    assertThat(entryOf(5).accepted()).isEqualTo(first.leg.record());
  }

  /** It has promised another's epoch, and is of no use until the leg is claimed anew. */
  @Test
  void newHolderThatPromisedAHigherEpoch_doesNotKeepTheOldOnes() {
    create();
    deafToRecords.add(Samples.id(5, 5));
    changeHolders(3, 4, 5);
    runUndisturbed(2 * LEASE);
    deafHolders.add(Samples.id(5, 5));
    runUndisturbed(2 * LEASE);
    promisesAnother(5, 7);
    deafHolders.clear();
    deafToRecords.clear();
    runUndisturbed(1500 * MILLIS);
    assertRetired(1, Samples.holders(3, 4, 5));
    assertRetired(2, Samples.holders(3, 4, 5));
  }

  /** Each was replaced while it was away, and heard of nothing since: docs/ownership.md. */
  @Test
  void holdersReplacedOneAfterAnother_thatComeBackTogether_ownNothing() {
    holders.put(Samples.id(5, 6), new RecordHolder(new ManualStore(false), clock));
    create();
    int[][] sets = {{1, 2, 4}, {1, 5, 4}, {6, 5, 4}};
    for (int i = 0; i < sets.length; i++) {
      deafHolders.add(Samples.id(5, sets.length - i));
      List<ChangeOutcome> outcomes = changeHolders(sets[i]);
      runUndisturbed(2000 * MILLIS);
      assertThat(outcomes).singleElement().isInstanceOf(ChangeOutcome.Known.class);
    }
    first.cutOff = true;
    deafHolders.clear();
    for (int last : sets[2]) {
      deafHolders.add(Samples.id(5, last));
    }
    second.leg.claim();
    run(20_000 * MILLIS);
    assertThat(second.owned).isEmpty();
    // One of the last ones is too few, with all of the old ones.
    deafHolders.remove(Samples.id(5, 6));
    run(20_000 * MILLIS);
    assertThat(second.owned).isEmpty();
    deafHolders.remove(Samples.id(5, 5));
    run(5000 * MILLIS);
    assertSecondOwns(6, 5, 4);
  }

  @Test
  void releasedWhileNextHoldersJoin_theyForget() {
    create();
    changeHolders(3, 4, 5);
    runUntilStep(HolderStep.CONFIRMING);
    run(50 * MILLIS);
    first.leg.release();
    run(50 * MILLIS);
    assertUnknown(4, 5);
  }

  /** One old holder has the half step, and the next ones, for which the owner waited, are gone. */
  @Test
  void halfStepThatWasNeverChosen_doesNotBindTheNextClaimToTheNextHolders() {
    beginHalfStep(List.of(2, 3), 3, 4, 5);
    run(10 * MILLIS);
    assertHasBoth(1, true);
    secondClaimsWithout(4, 5);
    assertSecondOwns(1, 2, 3);
  }

  /** Two of the old ones are a majority of the only set that ever was chosen. */
  @Test
  void nextHoldersAndAnOldOne_thatAreLost_beforeTheNextOnesHaveTheHalfStep_bindNobody() {
    beginHalfStep(List.of(4, 5), 3, 4, 5);
    run(20 * MILLIS);
    assertHasBoth(1, false);
    assertHasBoth(2, false);
    assertHasBoth(3, false);
    secondClaimsWithout(2, 4, 5);
    assertSecondOwns(1, 2, 3);
  }

  /** One new holder has it, one is lost with its owner: it is too few for the old ones to hear. */
  @Test
  void halfStepOfAMinorityOfTheNext_isAskedOfNoOldHolder() {
    beginHalfStep(List.of(3, 5), 3, 4, 5);
    run(1000 * MILLIS);
    assertHasBoth(4, true);
    assertHasBoth(1, false);
    assertHasBoth(2, false);
    secondClaimsWithout(2, 5);
    assertSecondOwns(1, 2, 3);
  }

  /** It waits a while for the new ones, and asks the next one who is a holder already. */
  @Test
  void newHolderThatDoesNotAnswer_doesNotKeepTheOthersFromChoosing() {
    create();
    deafToRecords.add(Samples.id(5, 5));
    List<ChangeOutcome> outcomes = changeHolders(3, 4, 5);
    runUntilStep(HolderStep.BOTH);
    runUndisturbed(500 * MILLIS);
    assertThat(outcomes).singleElement().isInstanceOf(ChangeOutcome.Known.class);
  }

  /**
   * The owner is cut off from the old ones and goes on to renew at a next one, which so refuses
   * whoever claims, sooner than the old ones say that the half step was not chosen.
   */
  @Test
  void nextHolderThatRefuses_doesNotEndTheClaim_beforeTheOldOnesHaveAnswered() {
    beginHalfStep(List.of(2, 3), 4);
    run(10 * MILLIS);
    assertHasBoth(1, true);
    for (Holder old : Samples.holders(1, 2, 3)) {
      first.cutFrom.add(old.store());
    }
    deafToRecords.clear();
    slowNanos.put(Samples.id(5, 2), 10 * MILLIS);
    slowNanos.put(Samples.id(5, 3), 10 * MILLIS);
    second.leg.claim();
    run(WAIT + 200 * MILLIS);
    assertThat(second.failed).isEmpty();
    assertSecondOwns(1, 2, 3);
  }

  /** Whether the third of the old ones has it too cannot be known: then it may have been chosen. */
  @Test
  void halfStepThatMayHaveBeenChosen_needsTheNextHolders() {
    beginHalfStep(List.of(2, 3), 3, 4, 5);
    run(10 * MILLIS);
    first.cutOff = true;
    deafToRecords.clear();
    deafHolders.add(Samples.id(5, 3));
    deafHolders.add(Samples.id(5, 4));
    deafHolders.add(Samples.id(5, 5));
    second.leg.claim();
    run(5000 * MILLIS);
    assertThat(second.owned).isEmpty();
    deafHolders.remove(Samples.id(5, 4));
    deafHolders.remove(Samples.id(5, 5));
    run(5000 * MILLIS);
    assertSecondOwns(3, 4, 5);
  }
}
