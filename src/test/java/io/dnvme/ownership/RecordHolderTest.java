package io.dnvme.ownership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.Clock;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.HolderReply.Reason;
import io.dnvme.ownership.HolderRequest.Knowledge;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What one holder does, request by request (RECORD, LEASE). */
class RecordHolderTest {

  private static final long MILLIS = 1_000_000L;
  private static final long LEASE = LegRecord.DEFAULT_LEASE_MS * MILLIS;
  private static final long WAIT = LEASE + LEASE / 4;
  private static final UUID LEG = Samples.LEG;
  private static final Epoch E1 = Samples.EPOCH;
  private static final Epoch E1_OF_ANOTHER = new Epoch(1, Samples.id(3, 2));
  private static final Epoch E2 = new Epoch(2, Samples.id(3, 2));

  private long nowNanos = 5 * WAIT;
  private final Clock clock =
      new Clock() {
        @Override
        public long nanos() {
          return nowNanos;
        }

        @Override
        public long wallMillis() {
          return 0;
        }
      };
  private final ManualStore store = new ManualStore(false);
  private RecordHolder holder = new RecordHolder(store, clock);

  private HolderReply ask(HolderRequest request) {
    var answers = new ArrayList<List<HolderReply>>();
    holder.handle(List.of(request), answers::add);
    assertThat(answers).hasSize(1);
    return answers.get(0).get(0);
  }

  private static HolderRequest create(Epoch epoch) {
    return new HolderRequest.Promise(LEG, epoch, Knowledge.CREATE, 0, LegRecord.DEFAULT_LEASE_MS);
  }

  private static HolderRequest join(Epoch epoch, long generation) {
    return new HolderRequest.Promise(
        LEG, epoch, Knowledge.JOIN, generation, LegRecord.DEFAULT_LEASE_MS);
  }

  private static HolderRequest renew(Epoch epoch) {
    return new HolderRequest.Renew(LEG, epoch, LegRecord.DEFAULT_LEASE_MS);
  }

  private void ownedAtE1() {
    ask(create(E1));
    ask(new HolderRequest.Accept(Samples.first()));
    assertThat(ask(renew(E1))).isEqualTo(new HolderReply.Confirmed(LEG, E1));
  }

  private void assertRefused(HolderReply reply, Reason reason) {
    assertThat(reply)
        .isInstanceOfSatisfying(
            HolderReply.Refused.class, refusal -> assertThat(refusal.reason()).isEqualTo(reason));
  }

  private void restart() {
    holder = new RecordHolder(store, clock);
  }

  @Test
  void unknownLeg_isSaid_andStaysUnknown() {
    for (HolderRequest request :
        List.of(
            new HolderRequest.Read(LEG),
            HolderRequest.Promise.of(LEG, E1),
            new HolderRequest.Accept(Samples.first()),
            renew(E1),
            new HolderRequest.Release(LEG, E1))) {
      assertThat(ask(request)).isEqualTo(new HolderReply.Unknown(LEG));
    }
    assertThat(store.entries()).isEmpty();
  }

  @Test
  void promise_refusesLowerEpochsAndEqualNumbersOfOthers() {
    ask(create(E2));
    assertRefused(ask(HolderRequest.Promise.of(LEG, E1)), Reason.HIGHER_EPOCH);
    var rival = new Epoch(2, Samples.id(3, 9));
    assertRefused(ask(HolderRequest.Promise.of(LEG, rival)), Reason.HIGHER_EPOCH);
    assertThat(ask(HolderRequest.Promise.of(LEG, E2)))
        .isEqualTo(new HolderReply.Promised(LEG, E2, null));
  }

  /** Two controllers that would create the leg with different leases (LEASE). */
  @Test
  void waits_byTheAcceptedRecordsLease_notByThatOfWhoCreatedFirst() {
    int longer = 10 * LegRecord.DEFAULT_LEASE_MS;
    LegRecord chosen = Samples.withLease(Samples.first(), E2, longer);
    ask(create(E1));
    ask(new HolderRequest.Promise(LEG, E2, Knowledge.CREATE, 0, longer));
    HolderRequest renewal = new HolderRequest.Renew(LEG, E2, longer);
    assertRefused(ask(renewal), Reason.NOT_PROMISED);
    ask(new HolderRequest.Accept(chosen));
    assertThat(ask(renewal)).isEqualTo(new HolderReply.Confirmed(LEG, E2));
    nowNanos += 10 * WAIT - 1;
    var higher = new Epoch(3, Samples.id(3, 3));
    assertRefused(ask(HolderRequest.Promise.of(LEG, higher)), Reason.OWNER_CONFIRMED);
    restart();
    nowNanos += 10 * WAIT - 1;
    assertRefused(ask(HolderRequest.Promise.of(LEG, higher)), Reason.OWNER_CONFIRMED);
    nowNanos += 1;
    assertThat(ask(HolderRequest.Promise.of(LEG, higher)))
        .isEqualTo(new HolderReply.Promised(LEG, higher, chosen));
  }

  /** It restarts with what is durable: a confirmation must not be ahead of the lease's length. */
  @Test
  void confirmation_isAnsweredWhenTheLengthOfItsLeaseIsDurable() {
    int longer = 10 * LegRecord.DEFAULT_LEASE_MS;
    var slow = new ManualStore(true);
    var slowHolder = new RecordHolder(slow, clock);
    slowHolder.handle(List.of(create(E1)), any -> {});
    slow.flush();
    var answers = new ArrayList<List<HolderReply>>();
    LegRecord first = Samples.withLease(Samples.first(), E1, longer);
    slowHolder.handle(List.of(new HolderRequest.Accept(first)), any -> {});
    slowHolder.handle(List.of(new HolderRequest.Renew(LEG, E1, longer)), answers::add);
    assertThat(answers).containsExactly(List.of(new HolderReply.Unavailable(LEG)));
    assertThat(slowHolder.waitNanos(LEG)).isZero();
    slow.flush();
    slowHolder.handle(List.of(new HolderRequest.Renew(LEG, E1, longer)), answers::add);
    assertThat(answers.getLast()).containsExactly(new HolderReply.Confirmed(LEG, E1));
  }

  @Test
  void promise_waitsOneAndAQuarterLeaseAfterTheLastConfirmation() {
    ownedAtE1();
    nowNanos += WAIT - 1;
    assertThat(ask(HolderRequest.Promise.of(LEG, E2)))
        .isEqualTo(new HolderReply.Refused(LEG, Reason.OWNER_CONFIRMED, E1, 1));
    nowNanos += 1;
    assertThat(ask(HolderRequest.Promise.of(LEG, E2)))
        .isEqualTo(new HolderReply.Promised(LEG, E2, Samples.first()));
  }

  @Test
  void closedConnection_namesTheLeg_andShortensNothing() {
    ownedAtE1();
    assertThat(holder.connectionClosed(E1.incarnation())).containsExactly(LEG);
    assertThat(holder.connectionClosed(E2.incarnation())).isEmpty();
    assertRefused(ask(HolderRequest.Promise.of(LEG, E2)), Reason.OWNER_CONFIRMED);
  }

  @Test
  void probe_tellsTheWait_andChangesNothing() {
    ownedAtE1();
    assertThat(ask(new HolderRequest.Read(LEG)))
        .isEqualTo(new HolderReply.State(LEG, E1, Samples.first(), WAIT));
    nowNanos += WAIT;
    assertThat(ask(new HolderRequest.Read(LEG)))
        .isEqualTo(new HolderReply.State(LEG, E1, Samples.first(), 0));
    assertThat(ask(renew(E1))).isEqualTo(new HolderReply.Confirmed(LEG, E1));
  }

  @Test
  void restartedHolder_waitsAfterItsStart_whateverItConfirmed() {
    ownedAtE1();
    nowNanos += 10 * WAIT;
    restart();
    assertRefused(ask(HolderRequest.Promise.of(LEG, E2)), Reason.OWNER_CONFIRMED);
    nowNanos += WAIT;
    assertThat(ask(HolderRequest.Promise.of(LEG, E2)))
        .isEqualTo(new HolderReply.Promised(LEG, E2, Samples.first()));
  }

  @Test
  void release_endsTheWait_andTheEpoch() {
    ownedAtE1();
    assertThat(ask(new HolderRequest.Release(LEG, E1))).isEqualTo(new HolderReply.Done(LEG));
    assertRefused(ask(renew(E1)), Reason.RELEASED);
    assertRefused(ask(HolderRequest.Promise.of(LEG, E1)), Reason.RELEASED);
    assertThat(ask(HolderRequest.Promise.of(LEG, E2))).isInstanceOf(HolderReply.Promised.class);
  }

  /** It heard of the next epoch only as one that is no holder any more. */
  @Test
  void releasedThenRetired_joinsAgainInTheSameTerm() {
    ownedAtE1();
    ask(new HolderRequest.Release(LEG, E1));
    ask(new HolderRequest.Retire(LEG, E2, 5, Samples.holders(4)));
    assertThat(ask(join(E2, 6))).isEqualTo(new HolderReply.Promised(LEG, E2, Samples.first()));
  }

  @Test
  void releaseOfAnotherEpoch_countsForNothing() {
    ownedAtE1();
    assertRefused(ask(new HolderRequest.Release(LEG, E2)), Reason.NOT_PROMISED);
    assertRefused(ask(new HolderRequest.Release(LEG, E1_OF_ANOTHER)), Reason.HIGHER_EPOCH);
    assertRefused(ask(HolderRequest.Promise.of(LEG, E2)), Reason.OWNER_CONFIRMED);
  }

  @Test
  void accept_needsThePromisedEpoch_andTheNextGenerationOrTheSameContent() {
    ownedAtE1();
    LegRecord second = Samples.first().withSize(2L << 30);
    LegRecord other = Samples.first().withSize(3L << 30);
    assertThat(ask(new HolderRequest.Accept(second))).isEqualTo(new HolderReply.Done(LEG));
    assertThat(ask(new HolderRequest.Accept(second))).isEqualTo(new HolderReply.Done(LEG));
    assertRefused(ask(new HolderRequest.Accept(other)), Reason.OTHER_CONTENT);
    assertRefused(ask(new HolderRequest.Accept(Samples.first())), Reason.OLDER_GENERATION);
    LegRecord claimed = second.claimedBy(E2, Samples.OWNER);
    assertRefused(ask(new HolderRequest.Accept(claimed)), Reason.NOT_PROMISED);
    nowNanos += WAIT;
    ask(HolderRequest.Promise.of(LEG, E2));
    assertRefused(ask(new HolderRequest.Accept(second)), Reason.HIGHER_EPOCH);
    assertThat(ask(new HolderRequest.Accept(claimed))).isEqualTo(new HolderReply.Done(LEG));
  }

  @Test
  void renewal_isConfirmedForThePromisedEpochOnly() {
    ownedAtE1();
    assertRefused(ask(renew(E2)), Reason.NOT_PROMISED);
    assertRefused(ask(renew(E1_OF_ANOTHER)), Reason.HIGHER_EPOCH);
  }

  @Test
  void retiredHolder_namesItsSuccessors_alsoAfterARestart() {
    ownedAtE1();
    var successors = Samples.holders(4, 5, 6);
    ask(new HolderRequest.Retire(LEG, E1, 3, successors));
    var retired = new HolderReply.Retired(LEG, E1, 3, successors);
    assertThat(ask(new HolderRequest.Read(LEG))).isEqualTo(retired);
    restart();
    assertThat(ask(HolderRequest.Promise.of(LEG, E2))).isEqualTo(retired);
    assertThat(ask(create(E2))).isEqualTo(retired);
    assertThat(ask(join(E2, 3))).isEqualTo(retired);
  }

  @Test
  void retiredHolder_joinsAgainForALaterRecord_andThenHeedsNoOldRetirement() {
    ownedAtE1();
    var retire = new HolderRequest.Retire(LEG, E1, 3, Samples.holders(4));
    ask(retire);
    nowNanos += WAIT;
    assertThat(ask(join(E2, 4)))
        .as("it still knows what it accepted: it may be asked for the old set's vote")
        .isEqualTo(new HolderReply.Promised(LEG, E2, Samples.first()));
    assertRefused(ask(retire), Reason.HIGHER_EPOCH);
    assertRefused(
        ask(new HolderRequest.Retire(LEG, E2, 4, Samples.holders(4))), Reason.OLDER_GENERATION);
  }

  private HolderReply leave(Epoch epoch, long generation) {
    return ask(new HolderRequest.Leave(LEG, epoch, generation));
  }

  @Test
  void joinThatIsTakenBack_leavesNothing() {
    ask(join(E1, 2));
    assertThat(leave(E1, 2)).isEqualTo(new HolderReply.Done(LEG));
    assertThat(store.entries()).isEmpty();
    assertThat(leave(E1, 2)).isEqualTo(new HolderReply.Unknown(LEG));
    assertThat(ask(join(E1, 2))).isEqualTo(new HolderReply.Promised(LEG, E1, null));
  }

  /** An owner that died before it took it back: the next one does. */
  @Test
  void joinIsTakenBack_byALaterOwner_notByAnEarlierOne() {
    ask(join(E2, 2));
    assertRefused(leave(E1, 9), Reason.HIGHER_EPOCH);
    assertRefused(leave(new Epoch(2, Samples.id(3, 9)), 9), Reason.HIGHER_EPOCH);
    assertThat(leave(new Epoch(3, Samples.id(3, 9)), 1)).isEqualTo(new HolderReply.Done(LEG));
    assertThat(store.entries()).isEmpty();
  }

  @Test
  void joinForALaterRecord_isNotTakenBackByALateLeave() {
    ask(join(E1, 3));
    assertRefused(leave(E1, 2), Reason.OLDER_GENERATION);
  }

  @Test
  void holderThatAcceptedARecord_doesNotLeave_andIsRetired() {
    ownedAtE1();
    ask(new HolderRequest.Release(LEG, E1));
    assertRefused(leave(E1, 9), Reason.NOT_PROMISED);
    assertThat(ask(new HolderRequest.Retire(LEG, E2, 3, Samples.holders(4))))
        .isEqualTo(new HolderReply.Done(LEG));
    assertThat(leave(E2, 9)).isInstanceOf(HolderReply.Retired.class);
  }

  @Test
  void retiredHolderThatJoinedAgain_isRetiredAsBefore_whenThatIsTakenBack() {
    ownedAtE1();
    var successors = Samples.holders(4);
    ask(new HolderRequest.Retire(LEG, E1, 3, successors));
    nowNanos += WAIT;
    ask(join(E2, 4));
    assertThat(ask(new HolderRequest.Read(LEG))).isInstanceOf(HolderReply.State.class);
    restart();
    nowNanos += WAIT;
    assertThat(leave(E2, 4)).isEqualTo(new HolderReply.Done(LEG));
    assertThat(ask(new HolderRequest.Read(LEG)))
        .isEqualTo(new HolderReply.Retired(LEG, E1, 3, successors));
    assertThat(ask(join(E2, 4))).isEqualTo(new HolderReply.Promised(LEG, E2, Samples.first()));
  }

  /** It missed its retirement, and was asked to join again: in vain. */
  @Test
  void droppedHolderThatJoinedAgain_isRetired_whenThatIsTakenBack() {
    ownedAtE1();
    ask(join(E1, 4));
    var retire = new HolderRequest.Retire(LEG, E1, 3, Samples.holders(4));
    assertRefused(ask(retire), Reason.OLDER_GENERATION);
    ask(new HolderRequest.Release(LEG, E1));
    assertThat(leave(E1, 4)).isEqualTo(new HolderReply.Done(LEG));
    assertRefused(leave(E1, 4), Reason.NOT_PROMISED);
    assertThat(ask(retire)).isEqualTo(new HolderReply.Done(LEG));
  }

  @Test
  void retiredHolder_namesLaterSuccessors_andHeedsNoEarlierOnes() {
    ownedAtE1();
    ask(new HolderRequest.Retire(LEG, E1, 3, Samples.holders(4)));
    assertThat(ask(new HolderRequest.Retire(LEG, E1, 5, Samples.holders(5))))
        .isEqualTo(new HolderReply.Done(LEG));
    var later = new HolderReply.Retired(LEG, E1, 5, Samples.holders(5));
    assertThat(ask(new HolderRequest.Retire(LEG, E1, 4, Samples.holders(6)))).isEqualTo(later);
    assertThat(ask(new HolderRequest.Read(LEG))).isEqualTo(later);
  }

  /** What an earlier epoch proposed at a higher generation, and nobody else has. */
  @Test
  void recordOfAnEarlierEpoch_doesNotKeepAHolderFromBeingRetired() {
    ownedAtE1();
    ask(new HolderRequest.Accept(Samples.first().withSize(2L << 30).withSize(3L << 30)));
    assertThat(ask(new HolderRequest.Retire(LEG, E2, 2, Samples.holders(4))))
        .isEqualTo(new HolderReply.Done(LEG));
  }

  /** Else it would join again, promise another at once, and two would answer (LEASE). */
  @Test
  void holderThatConfirmedALease_forgetsWhenItsWaitIsOver() {
    ask(join(E1, 2));
    ask(renew(E1));
    assertRefused(leave(E1, 2), Reason.OWNER_CONFIRMED);
    restart();
    nowNanos += WAIT - 1;
    assertRefused(leave(E1, 2), Reason.OWNER_CONFIRMED);
    nowNanos += 1;
    assertThat(leave(E1, 2)).isEqualTo(new HolderReply.Done(LEG));
  }

  @Test
  void plantedForgottenLease_isSeen() {
    holder = new RecordHolder(store, clock, Set.of(PlantedBug.FORGET_LEASE_WHEN_LEAVING), 9);
    ask(join(E1, 2));
    ask(renew(E1));
    assertThat(leave(E1, 2)).isEqualTo(new HolderReply.Done(LEG));
    ask(join(E1, 2));
    assertThat(ask(HolderRequest.Promise.of(LEG, E2)))
        .as("while the lease may be alive")
        .isInstanceOf(HolderReply.Promised.class);
  }

  @Test
  void deletedLeg_isForgotten_aLivingOneIsNot() {
    ownedAtE1();
    LegRecord deletion = Samples.first().asDeleted();
    assertRefused(ask(new HolderRequest.Forget(deletion)), Reason.NOT_PROMISED);
    ask(new HolderRequest.Accept(deletion));
    assertThat(ask(new HolderRequest.Forget(deletion))).isEqualTo(new HolderReply.Done(LEG));
    assertThat(ask(new HolderRequest.Read(LEG))).isEqualTo(new HolderReply.Unknown(LEG));
    assertThat(store.entries()).isEmpty();
  }

  /** Nobody's word is enough to drop what shows the way to the present holders (RECORD). */
  @Test
  void tombstone_isDroppedByADeletedRecordAlone_andByNoOlderOne() {
    ownedAtE1();
    ask(new HolderRequest.Retire(LEG, E1, 5, Samples.holders(4)));
    assertThatThrownBy(() -> new HolderRequest.Forget(Samples.first()))
        .isInstanceOf(IllegalArgumentException.class);
    ask(new HolderRequest.Retire(LEG, E2, 7, Samples.holders(4)));
    LegRecord older = Samples.first().asDeleted();
    assertRefused(ask(new HolderRequest.Forget(older)), Reason.NOT_PROMISED);
    assertThat(store.entries()).hasSize(1);
    LegRecord deletion = Samples.first().claimedBy(E2, Samples.id(2, 2)).asDeleted();
    assertThat(ask(new HolderRequest.Forget(deletion))).isEqualTo(new HolderReply.Done(LEG));
    assertThat(store.entries()).isEmpty();
  }

  @Test
  void nothingIsAnswered_beforeItIsDurable_andManyDecisionsShareOneFlush() {
    var slow = new ManualStore(true);
    var slowHolder = new RecordHolder(slow, clock);
    var answered = new ArrayList<Integer>();
    for (int i = 0; i < 100; i++) {
      int number = i;
      var promise =
          new HolderRequest.Promise(
              Samples.id(1, i), E1, Knowledge.CREATE, 0, LegRecord.DEFAULT_LEASE_MS);
      slowHolder.handle(List.of(promise), replies -> answered.add(number));
    }
    slowHolder.handle(
        List.of(new HolderRequest.Read(Samples.id(1, 99))), replies -> answered.add(100));
    assertThat(answered).isEmpty();
    slow.flush();
    assertThat(answered).containsExactly(0);
    slow.flush();
    assertThat(answered).hasSize(101).isSorted();
    assertThat(slow.writesUnderWay()).isZero();
    assertThat(slowHolder.counters().flushes()).isEqualTo(2);
  }

  @Test
  void renewal_doesNotWaitForARecordThatIsBeingWritten() {
    var slow = new ManualStore(true);
    var slowHolder = new RecordHolder(slow, clock);
    slowHolder.handle(List.of(create(E1)), any -> {});
    slow.flush();
    slowHolder.handle(List.of(new HolderRequest.Accept(Samples.first())), any -> {});
    var answers = new ArrayList<List<HolderReply>>();
    slowHolder.handle(List.of(renew(E1)), answers::add);
    assertThat(answers).containsExactly(List.of(new HolderReply.Confirmed(LEG, E1)));
  }

  /** One message is for all legs of a controller. */
  @Test
  void renewals_areNotHeldUpByOneWhosePromiseIsBeingWritten() {
    UUID fresh = Samples.id(1, 2);
    UUID unknown = Samples.id(1, 3);
    var slow = new ManualStore(true);
    var slowHolder = new RecordHolder(slow, clock);
    slowHolder.handle(List.of(create(E1)), any -> {});
    slow.flush();
    slowHolder.handle(
        List.of(
            new HolderRequest.Promise(fresh, E1, Knowledge.JOIN, 2, LegRecord.DEFAULT_LEASE_MS)),
        any -> {});
    var answers = new ArrayList<List<HolderReply>>();
    var batch =
        List.<HolderRequest>of(
            new HolderRequest.Renew(fresh, E1, LegRecord.DEFAULT_LEASE_MS),
            renew(E1),
            new HolderRequest.Renew(unknown, E1, LegRecord.DEFAULT_LEASE_MS));
    slowHolder.handle(batch, answers::add);
    assertThat(answers).hasSize(1);
    assertThat(answers.getFirst().subList(0, 2))
        .containsExactly(new HolderReply.Unavailable(fresh), new HolderReply.Confirmed(LEG, E1));
    slow.flush();
    slowHolder.handle(batch, answers::add);
    assertThat(answers.getLast())
        .containsExactly(
            new HolderReply.Confirmed(fresh, E1),
            new HolderReply.Confirmed(LEG, E1),
            new HolderReply.Unknown(unknown));
  }

  @Test
  void failedStore_saysNothingMore() {
    var failing = new ManualStore(true);
    var failingHolder = new RecordHolder(failing, clock);
    var answers = new ArrayList<List<HolderReply>>();
    failingHolder.handle(List.of(create(E1)), answers::add);
    failing.fail();
    failingHolder.handle(List.of(renew(E1)), answers::add);
    var unavailable = List.<HolderReply>of(new HolderReply.Unavailable(LEG));
    assertThat(answers).containsExactly(unavailable, unavailable);
    assertThat(failingHolder.hasFailed()).isTrue();
  }

  @Test
  void fullHolder_takesNoMoreLegs() {
    holder = new RecordHolder(store, clock, Set.of(), 1);
    ask(create(E1));
    var another =
        new HolderRequest.Promise(
            Samples.id(1, 2), E1, Knowledge.JOIN, 2, LegRecord.DEFAULT_LEASE_MS);
    assertRefused(ask(another), Reason.FULL);
  }

  @Test
  void tooLongABatch_isNotDecided() {
    var batch = Collections.nCopies(HolderRequest.MAX_BATCH + 1, create(E1));
    var answers = new ArrayList<List<HolderReply>>();
    holder.handle(batch, answers::add);
    assertThat(answers.get(0)).hasSize(batch.size()).containsOnly(new HolderReply.Unavailable(LEG));
    assertThat(store.entries()).isEmpty();
  }

  @Test
  void tooManyWaitingBatches_areTurnedAway() {
    var slow = new ManualStore(true);
    var slowHolder = new RecordHolder(slow, clock);
    var answers = new ArrayList<List<HolderReply>>();
    for (int i = 0; i < RecordHolder.MAX_WAITING_BATCHES; i++) {
      slowHolder.handle(List.of(create(E1)), answers::add);
    }
    assertThat(answers).isEmpty();
    slowHolder.handle(List.of(create(E1)), answers::add);
    assertThat(answers).containsExactly(List.of(new HolderReply.Unavailable(LEG)));
  }
}
