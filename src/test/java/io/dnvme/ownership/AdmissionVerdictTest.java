package io.dnvme.ownership;

import static io.dnvme.ownership.MemberState.ABSENT;
import static io.dnvme.ownership.MemberState.IN_SYNC;
import static io.dnvme.ownership.MemberState.REBUILDING;
import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.Admissions.Contents;
import io.dnvme.ownership.Admissions.Outcome;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Which members a claimant may serve from (OWNER, INTENT). */
class AdmissionVerdictTest {

  private static final UUID NEW_POWER = Samples.id(4, 2);
  private static final Outcome SAME = new Outcome.Admitted(Samples.POWER, Contents.UNCLEARED);
  private static final Outcome CHANGED_CLEAN = new Outcome.Admitted(NEW_POWER, Contents.CLEAN);
  private static final Outcome SUSPECT = new Outcome.Admitted(NEW_POWER, Contents.UNCLEARED);
  private static final Outcome EMPTY = new Outcome.Admitted(NEW_POWER, Contents.EMPTY);
  private static final Outcome UNREACHABLE = new Outcome.Unreachable();

  private static LegRecord mirror(MemberState... states) {
    return Samples.first().withGroups(List.of(Samples.mirror(1, states)));
  }

  private static AdmissionVerdict verdict(LegRecord record, Outcome... outcomes) {
    Map<UUID, Outcome> byDisk = new HashMap<>();
    for (int i = 0; i < outcomes.length; i++) {
      if (outcomes[i] != null) {
        byDisk.put(Samples.id(6, 1 + i), outcomes[i]);
      }
    }
    return AdmissionVerdict.of(record, byDisk);
  }

  private static void assertServes(AdmissionVerdict verdict, Member... changed) {
    assertThat(verdict)
        .isInstanceOfSatisfying(
            AdmissionVerdict.Serve.class,
            serve -> {
              assertThat(serve.changed()).containsExactlyInAnyOrder(changed);
              assertThat(serve.chosen()).isEmpty();
            });
  }

  private static void assertWaits(AdmissionVerdict verdict) {
    assertThat(verdict).isInstanceOf(AdmissionVerdict.Wait.class);
  }

  @Test
  void allAdmitted_nothingChanges() {
    assertServes(verdict(mirror(IN_SYNC, IN_SYNC), SAME, SAME));
  }

  @Test
  void unansweredMember_isWaitedFor() {
    assertWaits(verdict(mirror(IN_SYNC, IN_SYNC), SAME, null));
    assertWaits(verdict(mirror(IN_SYNC, ABSENT), SAME, null));
  }

  @Test
  void higherEpoch_endsTheClaim() {
    var higher = new Epoch(9, Samples.id(3, 9));
    assertThat(verdict(mirror(IN_SYNC, ABSENT), SAME, new Outcome.HigherEpoch(higher)))
        .isEqualTo(new AdmissionVerdict.Superseded(higher));
  }

  @Test
  void unreachableInSyncMember_isRemoved_othersAreSkipped() {
    assertServes(verdict(mirror(IN_SYNC, IN_SYNC), SAME, UNREACHABLE), Samples.member(2, ABSENT));
    assertServes(verdict(mirror(IN_SYNC, REBUILDING, ABSENT), SAME, UNREACHABLE, UNREACHABLE));
  }

  @Test
  void olderImageBesideASuspect_isEmpty_andTheSuspectIsChosen() {
    var oldClean = new Outcome.Admitted(NEW_POWER, Contents.CLEAN, 4);
    var suspect = new Outcome.Admitted(NEW_POWER, Contents.UNCLEARED, 6);
    assertThat(verdict(mirror(IN_SYNC, IN_SYNC), oldClean, suspect))
        .isInstanceOfSatisfying(
            AdmissionVerdict.Serve.class,
            serve ->
                assertThat(serve.chosen())
                    .containsExactly(Samples.member(2, IN_SYNC).logicalDisk()));
    var young = new Outcome.Admitted(NEW_POWER, Contents.CLEAN, 5);
    assertServes(
        verdict(mirror(IN_SYNC, IN_SYNC), young, suspect),
        Samples.member(1, IN_SYNC).withPowerIncarnation(NEW_POWER),
        Samples.member(2, ABSENT));
  }

  @Test
  void ofSeveralSuspects_theOneWithTheNewestHeaderIsChosen() {
    var first = new Outcome.Admitted(NEW_POWER, Contents.UNCLEARED, 5);
    var second = new Outcome.Admitted(NEW_POWER, Contents.UNCLEARED, 6);
    assertThat(verdict(mirror(IN_SYNC, IN_SYNC), first, second))
        .isInstanceOfSatisfying(
            AdmissionVerdict.Serve.class,
            serve ->
                assertThat(serve.chosen())
                    .containsExactly(Samples.member(2, IN_SYNC).logicalDisk()));
  }

  @Test
  void changedPower_matters_whereRegionsAreUncleared() {
    assertServes(verdict(mirror(IN_SYNC, IN_SYNC), SAME, SUSPECT), Samples.member(2, ABSENT));
    assertServes(
        verdict(mirror(IN_SYNC, IN_SYNC), SAME, CHANGED_CLEAN),
        Samples.member(2, IN_SYNC).withPowerIncarnation(NEW_POWER));
  }

  @Test
  void suspectAlone_waitsForTheUnreachableOne() {
    assertWaits(verdict(mirror(IN_SYNC, IN_SYNC), SUSPECT, UNREACHABLE));
    assertWaits(verdict(mirror(IN_SYNC, IN_SYNC), UNREACHABLE, UNREACHABLE));
  }

  @Test
  void allSuspect_oneIsChosen_andTheRestFollows() {
    assertThat(verdict(mirror(IN_SYNC, IN_SYNC, REBUILDING), SUSPECT, SUSPECT, SAME))
        .isInstanceOfSatisfying(
            AdmissionVerdict.Serve.class,
            serve -> {
              assertThat(serve.chosen()).containsExactly(Samples.id(6, 1));
              assertThat(serve.changed())
                  .containsExactlyInAnyOrder(
                      Samples.member(1, IN_SYNC).withPowerIncarnation(NEW_POWER),
                      Samples.member(2, ABSENT),
                      Samples.member(3, ABSENT));
            });
  }

  @Test
  void emptyMember_isNeverChosen() {
    assertWaits(verdict(mirror(IN_SYNC, IN_SYNC), EMPTY, EMPTY));
    assertServes(verdict(mirror(IN_SYNC, IN_SYNC), SAME, EMPTY), Samples.member(2, ABSENT));
    assertThat(verdict(mirror(IN_SYNC, IN_SYNC), EMPTY, SUSPECT))
        .isInstanceOfSatisfying(
            AdmissionVerdict.Serve.class,
            serve -> assertThat(serve.chosen()).containsExactly(Samples.id(6, 2)));
  }

  @Test
  void rebuildingMemberThatMayHaveLostWrites_isAbsent() {
    LegRecord record = mirror(IN_SYNC, REBUILDING);
    assertServes(verdict(record, SAME, EMPTY), Samples.member(2, ABSENT));
    assertServes(verdict(record, SAME, SUSPECT), Samples.member(2, ABSENT));
    assertServes(
        verdict(record, SAME, CHANGED_CLEAN),
        Samples.member(2, REBUILDING).withPowerIncarnation(NEW_POWER));
  }

  @Test
  void everyVerdict_isATransitionThatIsAllowed() {
    Outcome[] all = {SAME, CHANGED_CLEAN, SUSPECT, EMPTY, UNREACHABLE};
    int served = 0;
    for (MemberState state : MemberState.values()) {
      LegRecord record = mirror(IN_SYNC, IN_SYNC, state);
      for (int i = 0; i < 125; i++) {
        var verdict = verdict(record, all[i % 5], all[i / 5 % 5], all[i / 25]);
        if (verdict instanceof AdmissionVerdict.Serve serve) {
          served++;
          assertThat(RecordTransition.refusal(record, record.withMembers(serve.changed())))
              .isEmpty();
        }
      }
    }
    assertThat(served).isPositive();
  }
}
