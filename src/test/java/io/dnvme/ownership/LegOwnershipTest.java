package io.dnvme.ownership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.Admissions.Contents;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two controllers and three holders in virtual time, a millisecond apart, and nothing random. */
class LegOwnershipTest {

  private static final long MILLIS = 1_000_000L;
  private static final long LEASE = LegRecord.DEFAULT_LEASE_MS * MILLIS;
  private static final long WAIT = LEASE + LEASE / 4;

  private final ModelTime time = new ModelTime();
  private final ModelNode clock = new ModelNode("clock", time, 1, 0);
  private final Map<UUID, RecordHolder> holders = new HashMap<>();
  private final Set<UUID> deafHolders = new HashSet<>();
  private final Set<UUID> muteHolders = new HashSet<>();
  private final Set<UUID> deafToRecords = new HashSet<>();
  private final Map<UUID, Long> slowNanos = new HashMap<>();
  private final Set<UUID> unreachableDisks = new HashSet<>();
  private final Map<UUID, Epoch> admitted = new HashMap<>();
  private final Controller first = new Controller(1);
  private final Controller second = new Controller(2);

  private static final class Watch implements HolderWatch {
    Listener listener;
    boolean covers;

    @Override
    public boolean covers(UUID holder) {
      return covers;
    }

    @Override
    public void add(UUID leg, Listener added) {
      listener = added;
    }

    @Override
    public void remove(UUID leg, Listener removed) {
      listener = listener == removed ? null : listener;
    }
  }

  private final class Controller implements LegOwnership.Listener, Admissions {
    final List<Claim.Outcome.Owned> owned = new ArrayList<>();
    final List<String> lost = new ArrayList<>();
    final List<String> failed = new ArrayList<>();
    final List<LegRecord> prepared = new ArrayList<>();
    final LegOwnership leg;
    final Watch watch = new Watch();
    int reads;
    boolean cutOff;

    Controller(int number) {
      var ports =
          new OwnershipPorts(
              clock,
              clock,
              this::send,
              watch,
              new Random(number),
              OwnershipOptions.DEFAULT,
              Set.of());
      leg =
          new LegOwnership(
              Samples.LEG,
              Samples.id(2, number),
              Samples.id(3, number),
              OwnershipModel.stores(Samples.holders(1, 2, 3)),
              ports,
              new LeaseRenewals(ports),
              this,
              () -> true,
              this);
    }

    private void send(UUID holder, List<HolderRequest> batch, Consumer<List<HolderReply>> answer) {
      if (batch.getFirst() instanceof HolderRequest.Read) {
        reads++;
      }
      boolean deaf =
          deafHolders.contains(holder)
              || deafToRecords.contains(holder) && batch.get(0) instanceof HolderRequest.Accept;
      if (!cutOff && !deaf) {
        long nanos = MILLIS + slowNanos.getOrDefault(holder, 0L);
        time.after(
            nanos,
            () ->
                holders
                    .get(holder)
                    .handle(
                        batch,
                        r -> {
                          if (!muteHolders.contains(holder)) {
                            time.after(nanos, () -> answer.accept(r));
                          }
                        }));
      }
    }

    @Override
    public void admit(LegRecord record, Member member, Consumer<Outcome> done) {
      Epoch epoch = record.epoch();
      time.after(
          MILLIS,
          () -> {
            Epoch before = admitted.getOrDefault(member.logicalDisk(), Epoch.NONE);
            if (unreachableDisks.contains(member.logicalDisk())) {
              done.accept(new Outcome.Unreachable());
            } else if (!epoch.mayFollow(before)) {
              done.accept(new Outcome.HigherEpoch(before));
            } else {
              admitted.put(member.logicalDisk(), epoch);
              done.accept(new Outcome.Admitted(Samples.POWER, Contents.CLEAN));
            }
          });
    }

    @Override
    public void prepareRemoval(LegRecord current, LegRecord proposed, Consumer<Boolean> done) {
      prepared.add(proposed);
      done.accept(true);
    }

    @Override
    public void owned(Claim.Outcome.Owned outcome) {
      owned.add(outcome);
    }

    @Override
    public void lost(String reason) {
      lost.add(reason);
    }

    @Override
    public void claimFailed(String reason) {
      failed.add(reason);
    }
  }

  @BeforeEach
  void start() {
    clock.begin();
    for (Holder holder : Samples.holders(1, 2, 3, 4, 5)) {
      holders.put(holder.store(), new RecordHolder(new ManualStore(false), clock));
    }
  }

  private void run(long nanos) {
    time.runUntil(time.nowNanos() + nanos, () -> {});
  }

  private void create() {
    first.leg.create(Samples.first());
    run(30 * MILLIS);
    assertThat(first.leg.mayAnswer()).isTrue();
  }

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

  /** What it was told may have been lost. */
  @Test
  void claimantThatIsToldNothing_asksAfterAWhile() {
    create();
    second.watch.covers = true;
    second.leg.claim();
    run(100 * MILLIS);
    first.leg.release();
    run(Claim.WATCHED_POLL_NANOS + 50 * MILLIS);
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

  @Test
  void holdersChange_andTheNextClaimFindsThemThroughTombstones() {
    create();
    var outcomes = new ArrayList<ChangeOutcome>();
    first.leg.changeHolders(Samples.holders(5), outcomes::add);
    run(LEASE);
    assertThat(outcomes).containsExactly(new ChangeOutcome.Known(first.leg.record()));
    assertThat(first.leg.record().holders()).isEqualTo(Samples.holders(5));
    for (int old : new int[] {1, 2, 3}) {
      assertThat(holders.get(Samples.id(5, old)).entries())
          .singleElement()
          .satisfies(entry -> assertThat(entry.tombstone()).isNotNull());
    }
    first.leg.release();
    second.leg.claim();
    run(50 * MILLIS);
    assertThat(second.leg.mayAnswer()).isTrue();
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

  /** Runs on, and the owner may answer at every instant of it (LEASE). */
  private void runUndisturbed(long nanos) {
    time.runUntil(time.nowNanos() + nanos, () -> assertThat(first.leg.mayAnswer()).isTrue());
  }

  private void assertUnknown(int... numbers) {
    for (int number : numbers) {
      assertThat(holders.get(Samples.id(5, number)).entries()).as("holder " + number).isEmpty();
    }
  }

  private void assertRetired(int number, List<Holder> successors) {
    assertThat(holders.get(Samples.id(5, number)).entries())
        .singleElement()
        .satisfies(entry -> {
          assertThat(entry.retired()).isTrue();
          assertThat(entry.tombstone().successors()).isEqualTo(successors);
        });
  }

  private List<ChangeOutcome> changeHolders(int... numbers) {
    var outcomes = new ArrayList<ChangeOutcome>();
    first.leg.changeHolders(Samples.holders(numbers), outcomes::add);
    return outcomes;
  }

  private void runUntilStep(HolderStep step) {
    for (int i = 0; i < 5000 && first.leg.holderStep() != step; i++) {
      run(MILLIS);
    }
    assertThat(first.leg.holderStep()).isEqualTo(step);
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
    assertThat(holders.get(Samples.id(5, 4)).entries()).hasSize(1);
    runUndisturbed(3000 * MILLIS);
    assertThat(second).singleElement().isInstanceOf(ChangeOutcome.Refused.class);
    assertUnknown(4, 5);
    assertThat(first.leg.record().generation()).isEqualTo(1);
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
    first.leg.release();
    second.leg.claim();
    run(50 * MILLIS);
    assertThat(second.leg.mayAnswer()).isTrue();
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
      var test = new LegOwnershipTest();
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
      if (record.holders().equals(Samples.holders(1, 2, 3))) {
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
    assertThat(holders.get(Samples.id(5, 1)).entries())
        .singleElement()
        .satisfies(entry -> assertThat(entry.retired()).isFalse());
    deafHolders.clear();
    run(1000 * MILLIS);
    assertRetired(1, Samples.holders(3, 4, 5));
    assertThat(first.leg.dismissed()).contains(Samples.id(5, 1), Samples.id(5, 2));
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
}
