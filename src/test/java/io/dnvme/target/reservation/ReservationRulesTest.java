package io.dnvme.target.reservation;

import static io.dnvme.target.reservation.ReservationType.EXCLUSIVE_ACCESS;
import static io.dnvme.target.reservation.ReservationType.EXCLUSIVE_ACCESS_ALL_REGISTRANTS;
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

/** Registering, acquiring, releasing, clearing and persistence, rule by rule. */
class ReservationRulesTest extends ReservationScenario {

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
    assertThat(state.registrants()).isEmpty();
    assertThat(run(new ReservationRequest.Unregister(B, 0, IGNORE, KEEP)).status())
        .as("no key to ignore")
        .isEqualTo(SUCCESS);
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
