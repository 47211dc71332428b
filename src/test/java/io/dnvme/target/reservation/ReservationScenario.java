package io.dnvme.target.reservation;

import static io.dnvme.target.reservation.TestHosts.A;
import static io.dnvme.target.reservation.TestHosts.B;
import static io.dnvme.target.reservation.TestHosts.C;
import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.StatusCode;
import io.dnvme.target.reservation.ReservationNotice.Kind;
import io.dnvme.target.reservation.ReservationRequest.PersistenceChange;
import java.util.UUID;

/**
 * A state that commands change one after another; hosts A, B and C register with keys 0xa, 0xb and
 * 0xc.
 */
abstract class ReservationScenario {

  static final int SUCCESS = StatusCode.SUCCESS.status();
  static final int CONFLICT = StatusCode.RESERVATION_CONFLICT.dnr();
  static final int INVALID = StatusCode.INVALID_FIELD.dnr();
  static final boolean IGNORE = true;
  static final boolean CHECK = false;
  static final PersistenceChange KEEP = PersistenceChange.KEEP;

  ReservationState state = ReservationState.NONE;
  boolean canPersist = true;

  /** Decides and takes over the new state. */
  ReservationOutcome run(ReservationRequest request) {
    ReservationOutcome outcome = ReservationRules.decide(state, request, canPersist);
    if (outcome.status() != SUCCESS) {
      assertThat(outcome.state()).as("a refused command changes nothing").isEqualTo(state);
      assertThat(outcome.notices()).isEmpty();
      assertThat(outcome.preempted()).isEmpty();
    }
    state = outcome.state();
    return outcome;
  }

  ReservationOutcome register(UUID host, long key) {
    return run(new ReservationRequest.Register(host, key, KEEP));
  }

  ReservationOutcome unregister(UUID host, long key) {
    return run(new ReservationRequest.Unregister(host, key, CHECK, KEEP));
  }

  ReservationOutcome acquire(UUID host, long key, ReservationType type) {
    return run(new ReservationRequest.Acquire(host, key, type));
  }

  ReservationOutcome preempt(UUID host, long key, long prkey, ReservationType type) {
    return run(new ReservationRequest.Preempt(host, key, prkey, type, false));
  }

  ReservationOutcome release(UUID host, long key, ReservationType type) {
    return run(new ReservationRequest.Release(host, key, type));
  }

  void registerAll() {
    register(A, 0xa);
    register(B, 0xb);
    register(C, 0xc);
  }

  static ReservationNotice notice(UUID host, Kind kind) {
    return new ReservationNotice(host, kind);
  }
}
