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

import io.dnvme.target.reservation.ReservationNotice.Kind;
import org.junit.jupiter.api.Test;

/** Preempting, rule by rule. */
class ReservationPreemptTest extends ReservationScenario {

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
}
