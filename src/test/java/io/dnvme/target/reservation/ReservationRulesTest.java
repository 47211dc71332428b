package io.dnvme.target.reservation;

import static io.dnvme.target.reservation.ReservationType.EXCLUSIVE_ACCESS;
import static io.dnvme.target.reservation.ReservationType.EXCLUSIVE_ACCESS_ALL_REGISTRANTS;
import static io.dnvme.target.reservation.ReservationType.EXCLUSIVE_ACCESS_REGISTRANTS_ONLY;
import static io.dnvme.target.reservation.ReservationType.WRITE_EXCLUSIVE;
import static io.dnvme.target.reservation.ReservationType.WRITE_EXCLUSIVE_ALL_REGISTRANTS;
import static io.dnvme.target.reservation.ReservationType.WRITE_EXCLUSIVE_REGISTRANTS_ONLY;
import static io.dnvme.target.reservation.TestHosts.A;
import static io.dnvme.target.reservation.TestHosts.B;
import static io.dnvme.target.reservation.TestHosts.C;
import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.StatusCode;
import io.dnvme.target.reservation.ReservationNotice.Kind;
import io.dnvme.target.reservation.ReservationRequest.PersistenceChange;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The rules one by one; hosts A, B and C register with keys 0xa, 0xb and 0xc. */
class ReservationRulesTest {

  private static final int SUCCESS = StatusCode.SUCCESS.status();
  private static final int CONFLICT = StatusCode.RESERVATION_CONFLICT.dnr();
  private static final int INVALID = StatusCode.INVALID_FIELD.dnr();
  private static final boolean IGNORE = true;
  private static final boolean CHECK = false;
  private static final PersistenceChange KEEP = PersistenceChange.KEEP;

  private ReservationState state = ReservationState.NONE;
  private boolean canPersist = true;

  /** Decides and takes over the new state. */
  private ReservationOutcome run(ReservationRequest request) {
    ReservationOutcome outcome = ReservationRules.decide(state, request, canPersist);
    if (outcome.status() != SUCCESS) {
      assertThat(outcome.state()).as("a refused command changes nothing").isEqualTo(state);
      assertThat(outcome.notices()).isEmpty();
      assertThat(outcome.preempted()).isEmpty();
    }
    state = outcome.state();
    return outcome;
  }

  private ReservationOutcome register(UUID host, long key) {
    return run(new ReservationRequest.Register(host, key, KEEP));
  }

  private ReservationOutcome unregister(UUID host, long key) {
    return run(new ReservationRequest.Unregister(host, key, CHECK, KEEP));
  }

  private ReservationOutcome acquire(UUID host, long key, ReservationType type) {
    return run(new ReservationRequest.Acquire(host, key, type));
  }

  private ReservationOutcome preempt(UUID host, long key, long prkey, ReservationType type) {
    return run(new ReservationRequest.Preempt(host, key, prkey, type, false));
  }

  private ReservationOutcome release(UUID host, long key, ReservationType type) {
    return run(new ReservationRequest.Release(host, key, type));
  }

  private void registerAll() {
    register(A, 0xa);
    register(B, 0xb);
    register(C, 0xc);
  }

  private static ReservationNotice notice(UUID host, Kind kind) {
    return new ReservationNotice(host, kind);
  }

  // Registration.

  @Test
  void hostRegisters_isARegistrant() {
    assertThat(register(A, 0xa).status()).isEqualTo(SUCCESS);
    assertThat(state.registrants()).containsExactly(new Registrant(A, 0xa));
    assertThat(state.isHeld()).isFalse();
    assertThat(state.generation()).isEqualTo(1);
  }

  @Test
  void registrantRegistersAgain_needsTheSameKey() {
    register(A, 0xa);
    assertThat(register(A, 0xa).status()).isEqualTo(SUCCESS);
    assertThat(register(A, 0xb).status()).isEqualTo(CONFLICT);
    assertThat(state.registrants()).containsExactly(new Registrant(A, 0xa));
  }

  @Test
  void hostsWithOneKey_areBothRegistrants() {
    register(A, 0xa);
    assertThat(register(B, 0xa).status()).isEqualTo(SUCCESS);
    assertThat(state.registrants()).hasSize(2);
  }

  @Test
  void zeroKeyOrZeroHost_isRefused() {
    assertThat(register(A, 0).status()).isEqualTo(INVALID);
    assertThat(register(new UUID(0, 0), 1).status()).isEqualTo(INVALID);
    assertThat(run(new ReservationRequest.ReplaceKey(A, 0xa, 0, IGNORE, KEEP)).status())
        .isEqualTo(INVALID);
    assertThat(run(new ReservationRequest.ReplaceKey(new UUID(0, 0), 0, 1, IGNORE, KEEP)).status())
        .isEqualTo(INVALID);
  }

  @Test
  void registrantsAtTheLimit_oneMoreIsRefused() {
    for (int i = 1; i <= ReservationState.MAX_REGISTRANTS; i++) {
      assertThat(register(TestHosts.host(i), i).status()).isEqualTo(SUCCESS);
    }
    UUID more = TestHosts.host(9999);
    assertThat(register(more, 1).status()).isEqualTo(StatusCode.INTERNAL_ERROR.dnr());
    assertThat(run(new ReservationRequest.ReplaceKey(more, 0, 1, IGNORE, KEEP)).status())
        .isEqualTo(StatusCode.INTERNAL_ERROR.dnr());
    assertThat(
            run(new ReservationRequest.ReplaceKey(TestHosts.host(5), 5, 6, CHECK, KEEP)).status())
        .as("no more registrants")
        .isEqualTo(SUCCESS);
    unregister(TestHosts.host(1), 1);
    assertThat(register(more, 1).status()).isEqualTo(SUCCESS);
  }

  @Test
  void keyIsReplaced_onlyWithTheCurrentOneOrIgnoringIt() {
    register(A, 0xa);
    register(B, 0xb);
    assertThat(run(new ReservationRequest.ReplaceKey(A, 0x1, 0x2, CHECK, KEEP)).status())
        .isEqualTo(CONFLICT);
    assertThat(run(new ReservationRequest.ReplaceKey(A, 0xa, 0x2, CHECK, KEEP)).status())
        .isEqualTo(SUCCESS);
    assertThat(run(new ReservationRequest.ReplaceKey(A, 0x1, 0x3, IGNORE, KEEP)).status())
        .isEqualTo(SUCCESS);
    assertThat(state.registrants()).containsExactly(new Registrant(A, 0x3), new Registrant(B, 0xb));
  }

  @Test
  void replaceOfNoKey_registersOnlyWhenIgnoringIt() {
    assertThat(run(new ReservationRequest.ReplaceKey(A, 0, 0xa, CHECK, KEEP)).status())
        .isEqualTo(CONFLICT);
    assertThat(run(new ReservationRequest.ReplaceKey(A, 0, 0xa, IGNORE, KEEP)).status())
        .isEqualTo(SUCCESS);
    assertThat(state.registrants()).containsExactly(new Registrant(A, 0xa));
  }

  @Test
  void holderReplacesItsKey_keepsTheReservation() {
    registerAll();
    acquire(A, 0xa, WRITE_EXCLUSIVE);
    run(new ReservationRequest.ReplaceKey(A, 0xa, 0x1a, CHECK, KEEP));
    assertThat(state.isHolder(A)).isTrue();
    assertThat(preempt(B, 0xb, 0xa, WRITE_EXCLUSIVE).status()).isEqualTo(CONFLICT);
    assertThat(preempt(B, 0xb, 0x1a, WRITE_EXCLUSIVE).status()).isEqualTo(SUCCESS);
  }

  @Test
  void hostUnregisters_withItsKeyOrIgnoringIt() {
    register(A, 0xa);
    register(B, 0xb);
    assertThat(unregister(A, 0xb).status()).isEqualTo(CONFLICT);
    assertThat(unregister(C, 0xc).status()).isEqualTo(CONFLICT);
    assertThat(unregister(A, 0xa).status()).isEqualTo(SUCCESS);
    assertThat(run(new ReservationRequest.Unregister(B, 0, IGNORE, KEEP)).status())
        .isEqualTo(SUCCESS);
    assertThat(run(new ReservationRequest.Unregister(B, 0, IGNORE, KEEP)).status())
        .isEqualTo(CONFLICT);
    assertThat(state.registrants()).isEmpty();
  }

  // Holding.

  @Test
  void acquire_isForRegistrantsWithTheirKey() {
    assertThat(acquire(A, 0xa, WRITE_EXCLUSIVE).status()).isEqualTo(CONFLICT);
    register(A, 0xa);
    assertThat(acquire(A, 0x1, WRITE_EXCLUSIVE).status()).isEqualTo(CONFLICT);
    assertThat(acquire(A, 0xa, WRITE_EXCLUSIVE).status()).isEqualTo(SUCCESS);
    assertThat(state.isHolder(A)).isTrue();
    assertThat(state.generation()).as("not counted").isEqualTo(1);
  }

  @Test
  void heldReservation_isAcquiredAgainOnlyByItsHolderWithItsType() {
    registerAll();
    acquire(A, 0xa, WRITE_EXCLUSIVE);
    assertThat(acquire(A, 0xa, WRITE_EXCLUSIVE).status()).isEqualTo(SUCCESS);
    assertThat(acquire(A, 0xa, EXCLUSIVE_ACCESS).status()).isEqualTo(CONFLICT);
    assertThat(acquire(B, 0xb, WRITE_EXCLUSIVE).status()).isEqualTo(CONFLICT);
  }

  @Test
  void reservationOfAllRegistrants_isHeldByEachAndByLaterOnes() {
    register(A, 0xa);
    acquire(A, 0xa, WRITE_EXCLUSIVE_ALL_REGISTRANTS);
    register(B, 0xb);
    assertThat(state.isHolder(A)).isTrue();
    assertThat(state.isHolder(B)).isTrue();
    assertThat(state.isHolder(C)).isFalse();
    assertThat(acquire(B, 0xb, WRITE_EXCLUSIVE_ALL_REGISTRANTS).status()).isEqualTo(SUCCESS);
    assertThat(acquire(B, 0xb, EXCLUSIVE_ACCESS_ALL_REGISTRANTS).status()).isEqualTo(CONFLICT);

    unregister(A, 0xa);
    assertThat(state.isHolder(B)).isTrue();
    assertThat(unregister(B, 0xb).notices()).isEmpty();
    assertThat(state.isHeld()).as("the last one is gone").isFalse();
  }

  @ParameterizedTest
  @EnumSource(
      value = ReservationType.class,
      names = {"WRITE_EXCLUSIVE_REGISTRANTS_ONLY", "EXCLUSIVE_ACCESS_REGISTRANTS_ONLY"})
  void holderOfRegistrantsOnlyUnregisters_othersAreTold(ReservationType type) {
    registerAll();
    acquire(A, 0xa, type);
    ReservationOutcome outcome = unregister(A, 0xa);
    assertThat(state.isHeld()).isFalse();
    assertThat(outcome.notices())
        .containsExactly(
            notice(B, Kind.RESERVATION_RELEASED), notice(C, Kind.RESERVATION_RELEASED));
  }

  @ParameterizedTest
  @EnumSource(
      value = ReservationType.class,
      names = {"WRITE_EXCLUSIVE", "EXCLUSIVE_ACCESS"})
  void onlyHolderUnregisters_nobodyIsTold(ReservationType type) {
    registerAll();
    acquire(A, 0xa, type);
    assertThat(unregister(A, 0xa).notices()).isEmpty();
    assertThat(state.isHeld()).isFalse();
  }

  @Test
  void registrantThatHoldsNothingUnregisters_reservationStays() {
    registerAll();
    acquire(A, 0xa, WRITE_EXCLUSIVE_REGISTRANTS_ONLY);
    assertThat(unregister(B, 0xb).notices()).isEmpty();
    assertThat(state.isHolder(A)).isTrue();
  }

  // Release and clear.

  @ParameterizedTest
  @EnumSource(ReservationType.class)
  void holderReleases_registrationsStay(ReservationType type) {
    registerAll();
    acquire(A, 0xa, type);
    int generation = state.generation();

    ReservationOutcome outcome = release(A, 0xa, type);

    assertThat(outcome.status()).isEqualTo(SUCCESS);
    assertThat(state.isHeld()).isFalse();
    assertThat(state.registrants()).hasSize(3);
    assertThat(state.generation()).isEqualTo(generation);
    if (type == WRITE_EXCLUSIVE || type == EXCLUSIVE_ACCESS) {
      assertThat(outcome.notices()).isEmpty();
    } else {
      assertThat(outcome.notices())
          .containsExactly(
              notice(B, Kind.RESERVATION_RELEASED), notice(C, Kind.RESERVATION_RELEASED));
    }
  }

  @Test
  void releaseOfWhatOneDoesNotHold_changesNothing() {
    registerAll();
    assertThat(release(A, 0xa, WRITE_EXCLUSIVE).status()).isEqualTo(SUCCESS);
    acquire(A, 0xa, WRITE_EXCLUSIVE);
    assertThat(release(B, 0xb, WRITE_EXCLUSIVE).status()).isEqualTo(SUCCESS);
    assertThat(state.isHolder(A)).isTrue();
  }

  @Test
  void releaseWithAnotherTypeOrKey_isRefused() {
    registerAll();
    acquire(A, 0xa, WRITE_EXCLUSIVE);
    assertThat(release(A, 0xa, EXCLUSIVE_ACCESS).status()).isEqualTo(INVALID);
    assertThat(release(A, 0xb, WRITE_EXCLUSIVE).status()).isEqualTo(CONFLICT);
    assertThat(release(TestHosts.host(1), 0xa, WRITE_EXCLUSIVE).status()).isEqualTo(CONFLICT);
  }

  @Test
  void clear_endsEverythingAndTellsTheOthers() {
    registerAll();
    acquire(A, 0xa, EXCLUSIVE_ACCESS);
    int generation = state.generation();
    assertThat(run(new ReservationRequest.Clear(B, 0xc)).status()).isEqualTo(CONFLICT);

    ReservationOutcome outcome = run(new ReservationRequest.Clear(B, 0xb));

    assertThat(outcome.status()).isEqualTo(SUCCESS);
    assertThat(state.registrants()).isEmpty();
    assertThat(state.isHeld()).isFalse();
    assertThat(state.generation()).isEqualTo(generation + 1);
    assertThat(outcome.notices())
        .containsExactly(
            notice(A, Kind.RESERVATION_PREEMPTED), notice(C, Kind.RESERVATION_PREEMPTED));
  }

  // Preempt.

  @Test
  void preemptOfTheHolder_takesTheReservation() {
    registerAll();
    acquire(A, 0xa, WRITE_EXCLUSIVE);
    int generation = state.generation();

    ReservationOutcome outcome = preempt(B, 0xb, 0xa, WRITE_EXCLUSIVE);

    assertThat(outcome.status()).isEqualTo(SUCCESS);
    assertThat(state.isHolder(B)).isTrue();
    assertThat(state.isRegistered(A)).isFalse();
    assertThat(state.isRegistered(C)).isTrue();
    assertThat(state.generation()).isEqualTo(generation + 1);
    assertThat(outcome.preempted()).containsExactly(A);
    assertThat(outcome.abortsCommands()).isFalse();
    assertThat(outcome.notices())
        .as("the type is the same")
        .containsExactly(notice(A, Kind.REGISTRATION_PREEMPTED));
  }

  @Test
  void preemptWithAnotherType_tellsThoseWhoStay() {
    registerAll();
    acquire(A, 0xa, WRITE_EXCLUSIVE);
    ReservationOutcome outcome = preempt(B, 0xb, 0xa, EXCLUSIVE_ACCESS_REGISTRANTS_ONLY);
    assertThat(state.type()).isEqualTo(EXCLUSIVE_ACCESS_REGISTRANTS_ONLY);
    assertThat(outcome.notices())
        .containsExactly(
            notice(A, Kind.REGISTRATION_PREEMPTED), notice(C, Kind.RESERVATION_RELEASED));
  }

  @Test
  void preemptAndAbort_saysSo() {
    registerAll();
    acquire(A, 0xa, WRITE_EXCLUSIVE);
    ReservationOutcome outcome =
        run(new ReservationRequest.Preempt(B, 0xb, 0xa, WRITE_EXCLUSIVE, true));
    assertThat(outcome.preempted()).containsExactly(A);
    assertThat(outcome.abortsCommands()).isTrue();
  }

  @Test
  void holdersKeySharedByOthers_preemptsThemTooButNotItself() {
    register(A, 0xa);
    register(B, 0xa);
    register(C, 0xa);
    acquire(A, 0xa, WRITE_EXCLUSIVE);
    ReservationOutcome outcome = preempt(B, 0xa, 0xa, WRITE_EXCLUSIVE);
    assertThat(state.registrants()).containsExactly(new Registrant(B, 0xa));
    assertThat(state.isHolder(B)).isTrue();
    assertThat(outcome.preempted()).containsExactlyInAnyOrder(A, C);
  }

  @Test
  void holderPreemptsItself_changesTheType() {
    registerAll();
    acquire(A, 0xa, WRITE_EXCLUSIVE);
    ReservationOutcome outcome = preempt(A, 0xa, 0xa, EXCLUSIVE_ACCESS);
    assertThat(state.type()).isEqualTo(EXCLUSIVE_ACCESS);
    assertThat(state.isHolder(A)).isTrue();
    assertThat(state.registrants()).hasSize(3);
    assertThat(outcome.preempted()).isEmpty();
    assertThat(outcome.notices())
        .containsExactly(
            notice(B, Kind.RESERVATION_RELEASED), notice(C, Kind.RESERVATION_RELEASED));
  }

  @Test
  void preemptOfARegistrant_leavesTheReservation() {
    registerAll();
    acquire(A, 0xa, WRITE_EXCLUSIVE);
    ReservationOutcome outcome = preempt(B, 0xb, 0xc, EXCLUSIVE_ACCESS);
    assertThat(outcome.status()).isEqualTo(SUCCESS);
    assertThat(state.isHolder(A)).isTrue();
    assertThat(state.type()).isEqualTo(WRITE_EXCLUSIVE);
    assertThat(state.isRegistered(C)).isFalse();
    assertThat(outcome.notices()).containsExactly(notice(C, Kind.REGISTRATION_PREEMPTED));
  }

  @Test
  void preemptOfOnesOwnKey_unregistersOneself() {
    registerAll();
    acquire(A, 0xa, WRITE_EXCLUSIVE);
    ReservationOutcome outcome = preempt(B, 0xb, 0xb, WRITE_EXCLUSIVE);
    assertThat(outcome.status()).isEqualTo(SUCCESS);
    assertThat(state.isRegistered(B)).isFalse();
    assertThat(outcome.notices()).isEmpty();
    assertThat(outcome.preempted()).as("it cannot wait for itself").isEmpty();
  }

  @Test
  void preemptWithoutReservation_unregistersOnly() {
    registerAll();
    assertThat(preempt(A, 0xa, 0xb, WRITE_EXCLUSIVE).status()).isEqualTo(SUCCESS);
    assertThat(state.isHeld()).isFalse();
    assertThat(state.isRegistered(B)).isFalse();
  }

  @Test
  void preemptOfNobody_conflicts() {
    registerAll();
    assertThat(preempt(A, 0xa, 0xd, WRITE_EXCLUSIVE).status()).isEqualTo(CONFLICT);
    acquire(A, 0xa, WRITE_EXCLUSIVE);
    assertThat(preempt(B, 0xb, 0xd, WRITE_EXCLUSIVE).status()).isEqualTo(CONFLICT);
    assertThat(preempt(B, 0xa, 0xa, WRITE_EXCLUSIVE).status()).as("wrong key").isEqualTo(CONFLICT);
    assertThat(preempt(TestHosts.host(1), 0xa, 0xa, WRITE_EXCLUSIVE).status())
        .as("no registrant")
        .isEqualTo(CONFLICT);
  }

  @Test
  void zeroKeyPreempted_isForReservationsOfAllRegistrantsOnly() {
    registerAll();
    assertThat(preempt(A, 0xa, 0, WRITE_EXCLUSIVE).status()).isEqualTo(CONFLICT);
    acquire(A, 0xa, WRITE_EXCLUSIVE_REGISTRANTS_ONLY);
    assertThat(preempt(B, 0xb, 0, WRITE_EXCLUSIVE).status()).isEqualTo(INVALID);
  }

  @Test
  void allRegistrantsPreemptedWithZeroKey_leavesOneHolder() {
    registerAll();
    acquire(A, 0xa, WRITE_EXCLUSIVE_ALL_REGISTRANTS);
    ReservationOutcome outcome = preempt(B, 0xb, 0, EXCLUSIVE_ACCESS);
    assertThat(outcome.status()).isEqualTo(SUCCESS);
    assertThat(state.registrants()).containsExactly(new Registrant(B, 0xb));
    assertThat(state.type()).isEqualTo(EXCLUSIVE_ACCESS);
    assertThat(state.holder()).isEqualTo(B);
    assertThat(outcome.preempted()).containsExactlyInAnyOrder(A, C);
    assertThat(outcome.notices())
        .containsExactlyInAnyOrder(
            notice(A, Kind.REGISTRATION_PREEMPTED), notice(C, Kind.REGISTRATION_PREEMPTED));
  }

  @Test
  void allRegistrantsPreemptedWithAKey_keepsTheReservation() {
    registerAll();
    acquire(A, 0xa, EXCLUSIVE_ACCESS_ALL_REGISTRANTS);
    assertThat(preempt(B, 0xb, 0xd, WRITE_EXCLUSIVE).status()).isEqualTo(CONFLICT);
    assertThat(preempt(B, 0xb, 0xa, WRITE_EXCLUSIVE).status()).isEqualTo(SUCCESS);
    assertThat(state.type()).isEqualTo(EXCLUSIVE_ACCESS_ALL_REGISTRANTS);
    assertThat(state.isHolder(A)).isFalse();
    assertThat(state.isHolder(B)).isTrue();
  }

  // Persistence through power loss.

  @Test
  void persistence_isChangedByRegistrationAndByFeature() {
    run(new ReservationRequest.Register(A, 0xa, PersistenceChange.ON));
    assertThat(state.persistent()).isTrue();
    register(B, 0xb);
    assertThat(state.persistent()).isTrue();
    run(new ReservationRequest.ReplaceKey(A, 0xa, 0x1a, CHECK, PersistenceChange.OFF));
    assertThat(state.persistent()).isFalse();
    run(new ReservationRequest.SetPersistence(A, true));
    assertThat(state.persistent()).isTrue();
    run(new ReservationRequest.Unregister(A, 0x1a, CHECK, PersistenceChange.OFF));
    assertThat(state.persistent()).isFalse();
  }

  @Test
  void refusedRegistration_doesNotChangePersistence() {
    register(A, 0xa);
    assertThat(run(new ReservationRequest.Register(A, 0xb, PersistenceChange.ON)).status())
        .isEqualTo(CONFLICT);
    assertThat(state.persistent()).isFalse();
  }

  @Test
  void persistenceThatCannotBe_isRefused() {
    canPersist = false;
    register(A, 0xa);
    for (var request :
        List.of(
            new ReservationRequest.Register(B, 0xb, PersistenceChange.ON),
            new ReservationRequest.ReplaceKey(A, 0xa, 0xb, CHECK, PersistenceChange.ON),
            new ReservationRequest.Unregister(A, 0xa, CHECK, PersistenceChange.ON),
            new ReservationRequest.SetPersistence(A, true))) {
      assertThat(run(request).status()).as("%s", request).isEqualTo(INVALID);
    }
    assertThat(run(new ReservationRequest.SetPersistence(A, false)).status()).isEqualTo(SUCCESS);
  }

  @Test
  void generation_wraps() {
    state = new ReservationState(-1, List.of(), null, null, false);
    register(A, 0xa);
    assertThat(state.generation()).isZero();
  }

  @Test
  void refusedRequest_completesWithItsStatus() {
    assertThat(run(new ReservationRequest.Refused(A, 0x1234)).status()).isEqualTo(0x1234);
  }
}
