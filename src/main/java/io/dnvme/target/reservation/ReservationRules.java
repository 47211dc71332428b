package io.dnvme.target.reservation;

import io.dnvme.nvme.StatusCode;
import io.dnvme.target.reservation.ReservationNotice.Kind;
import io.dnvme.target.reservation.ReservationRequest.Acquire;
import io.dnvme.target.reservation.ReservationRequest.Clear;
import io.dnvme.target.reservation.ReservationRequest.PersistenceChange;
import io.dnvme.target.reservation.ReservationRequest.Preempt;
import io.dnvme.target.reservation.ReservationRequest.Refused;
import io.dnvme.target.reservation.ReservationRequest.Register;
import io.dnvme.target.reservation.ReservationRequest.Release;
import io.dnvme.target.reservation.ReservationRequest.ReplaceKey;
import io.dnvme.target.reservation.ReservationRequest.SetPersistence;
import io.dnvme.target.reservation.ReservationRequest.Unregister;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * The transition function of reservations (NVMe Base 2.0 §7.2 to §7.4, §8.19): state and command
 * in, new state and consequences out. No time, no storage, no threads.
 *
 * <pre>
 *   a host that is   becomes            by its own                 by another host's
 *   nobody           registrant         Register, Replace Key      -
 *   registrant       holder             Acquire, Preempt           (all registrants hold it) Acquire
 *   holder           registrant         Release                    (all registrants hold it) Release
 *   registrant       nobody             Unregister, Clear          Preempt, Clear
 *   holder           nobody             Unregister, Clear          Preempt, Clear
 * </pre>
 *
 * <p>Where the specification leaves a choice: a zero key is refused at registration, because a
 * preempt gives it a meaning of its own; so is a zero host identifier, under which different hosts
 * would be taken for one.
 */
public final class ReservationRules {

  private static final UUID NO_HOST_ID = new UUID(0, 0);

  private static final int SUCCESS = StatusCode.SUCCESS.status();
  private static final int CONFLICT = StatusCode.RESERVATION_CONFLICT.dnr();
  private static final int INVALID_FIELD = StatusCode.INVALID_FIELD.dnr();

  private ReservationRules() {}

  /**
   * Decides on a command.
   *
   * @param canPersist whether the state can survive a loss of power where it is kept (RESCAP)
   */
  public static ReservationOutcome decide(
      ReservationState state, ReservationRequest command, boolean canPersist) {
    return switch (command) {
      case Refused refused -> ReservationOutcome.refused(refused.status(), state);
      case Register register -> register(state, register, canPersist);
      case Unregister unregister -> unregister(state, unregister, canPersist);
      case ReplaceKey replace -> replaceKey(state, replace, canPersist);
      case Acquire acquire -> acquire(state, acquire);
      case Preempt preempt -> preempt(state, preempt);
      case Release release -> release(state, release);
      case Clear clear -> clear(state, clear);
      case SetPersistence set ->
          set.persistent() && !canPersist
              ? ReservationOutcome.refused(INVALID_FIELD, state)
              : success(state.withPersistence(set.persistent()));
    };
  }

  private static ReservationOutcome register(
      ReservationState state, Register command, boolean canPersist) {
    Registrant known = state.find(command.hostId());
    if (command.newKey() == 0
        || command.hostId().equals(NO_HOST_ID)
        || cannotPersist(command.persistence(), canPersist)) {
      return ReservationOutcome.refused(INVALID_FIELD, state);
    }
    if (known != null && known.key() != command.newKey()) {
      return ReservationOutcome.refused(CONFLICT, state);
    }
    return registered(state, command.hostId(), command.newKey(), command.persistence());
  }

  private static ReservationOutcome replaceKey(
      ReservationState state, ReplaceKey command, boolean canPersist) {
    if (command.newKey() == 0
        || command.hostId().equals(NO_HOST_ID)
        || cannotPersist(command.persistence(), canPersist)) {
      return ReservationOutcome.refused(INVALID_FIELD, state);
    }
    // A host that ignores its current key need not even have one.
    if (!command.ignoresCurrentKey() && !hasKey(state, command.hostId(), command.currentKey())) {
      return ReservationOutcome.refused(CONFLICT, state);
    }
    return registered(state, command.hostId(), command.newKey(), command.persistence());
  }

  private static ReservationOutcome registered(
      ReservationState state, UUID hostId, long key, PersistenceChange persistence) {
    if (!state.isRegistered(hostId)
        && state.registrants().size() == ReservationState.MAX_REGISTRANTS) {
      return ReservationOutcome.refused(StatusCode.INTERNAL_ERROR.dnr(), state);
    }
    return success(persist(state.withRegistrant(hostId, key), persistence).withNextGeneration());
  }

  private static ReservationOutcome unregister(
      ReservationState state, Unregister command, boolean canPersist) {
    UUID host = command.hostId();
    if (cannotPersist(command.persistence(), canPersist)) {
      return ReservationOutcome.refused(INVALID_FIELD, state);
    }
    // As with a key to replace: a host that ignores its current key need not even have one.
    if (!command.ignoresCurrentKey() && !hasKey(state, host, command.currentKey())) {
      return ReservationOutcome.refused(CONFLICT, state);
    }
    ReservationState next = state.without(select(state, one -> one.hostId().equals(host)));
    // The others have lost their access by it only where they had it as registrants.
    boolean concernsOthers =
        state.isHeld() && !next.isHeld() && state.type().registrantsHaveAccess();
    return new ReservationOutcome(
        SUCCESS,
        persist(next, command.persistence()).withNextGeneration(),
        concernsOthers ? noticesToOthers(next, host, Kind.RESERVATION_RELEASED) : List.of(),
        Set.of(),
        false);
  }

  private static ReservationOutcome acquire(ReservationState state, Acquire command) {
    UUID host = command.hostId();
    if (!hasKey(state, host, command.currentKey())) {
      return ReservationOutcome.refused(CONFLICT, state);
    }
    if (!state.isHeld()) {
      return success(state.heldBy(host, command.type()));
    }
    boolean hasItAlready = state.isHolder(host) && state.type() == command.type();
    return hasItAlready ? success(state) : ReservationOutcome.refused(CONFLICT, state);
  }

  private static ReservationOutcome preempt(ReservationState state, Preempt command) {
    UUID host = command.hostId();
    long key = command.preemptedKey();
    if (!hasKey(state, host, command.currentKey())) {
      return ReservationOutcome.refused(CONFLICT, state);
    }
    if (preemptsReservation(state, key)) {
      boolean all = state.type().isHeldByAllRegistrants();
      List<Registrant> gone =
          select(state, one -> !one.hostId().equals(host) && (all || one.key() == key));
      return preempted(state, command, gone, state.without(gone).heldBy(host, command.type()));
    }
    if (key == 0 && state.isHeld()) {
      return ReservationOutcome.refused(INVALID_FIELD, state);
    }
    // Only registrations: the host's own too, if it says so.
    List<Registrant> gone = select(state, one -> one.key() == key);
    return gone.isEmpty()
        ? ReservationOutcome.refused(CONFLICT, state)
        : preempted(state, command, gone, state.without(gone));
  }

  /** Whether a preempt with that key takes the reservation, not only registrations. */
  private static boolean preemptsReservation(ReservationState state, long key) {
    if (!state.isHeld()) {
      return false;
    }
    return state.type().isHeldByAllRegistrants()
        ? key == 0
        : state.find(state.holder()).key() == key;
  }

  private static ReservationOutcome preempted(
      ReservationState state, Preempt command, List<Registrant> gone, ReservationState next) {
    UUID host = command.hostId();
    var preempted = new HashSet<UUID>();
    gone.forEach(registrant -> preempted.add(registrant.hostId()));
    // The command itself would wait for its own end.
    preempted.remove(host);
    var notices = new ArrayList<ReservationNotice>();
    for (UUID other : preempted) {
      notices.add(new ReservationNotice(other, Kind.REGISTRATION_PREEMPTED));
    }
    if (next.isHeld() && next.type() != state.type()) {
      notices.addAll(noticesToOthers(next, host, Kind.RESERVATION_RELEASED));
    }
    return new ReservationOutcome(
        SUCCESS,
        next.withNextGeneration(),
        List.copyOf(notices),
        Set.copyOf(preempted),
        command.abortsCommands());
  }

  private static ReservationOutcome release(ReservationState state, Release command) {
    UUID host = command.hostId();
    if (!hasKey(state, host, command.currentKey())) {
      return ReservationOutcome.refused(CONFLICT, state);
    }
    if (!state.isHolder(host)) {
      return success(state);
    }
    if (state.type() != command.type()) {
      return ReservationOutcome.refused(INVALID_FIELD, state);
    }
    return new ReservationOutcome(
        SUCCESS,
        state.released(),
        state.type().registrantsHaveAccess()
            ? noticesToOthers(state, host, Kind.RESERVATION_RELEASED)
            : List.of(),
        Set.of(),
        false);
  }

  private static ReservationOutcome clear(ReservationState state, Clear command) {
    UUID host = command.hostId();
    if (!hasKey(state, host, command.currentKey())) {
      return ReservationOutcome.refused(CONFLICT, state);
    }
    return new ReservationOutcome(
        SUCCESS,
        state.without(state.registrants()).withNextGeneration(),
        noticesToOthers(state, host, Kind.RESERVATION_PREEMPTED),
        Set.of(),
        false);
  }

  private static boolean hasKey(ReservationState state, UUID hostId, long key) {
    Registrant registrant = state.find(hostId);
    return registrant != null && registrant.key() == key;
  }

  private static boolean cannotPersist(PersistenceChange change, boolean canPersist) {
    return change == PersistenceChange.ON && !canPersist;
  }

  private static ReservationState persist(ReservationState state, PersistenceChange change) {
    return switch (change) {
      case KEEP -> state;
      case OFF -> state.withPersistence(false);
      case ON -> state.withPersistence(true);
    };
  }

  private static List<Registrant> select(ReservationState state, Predicate<Registrant> condition) {
    return state.registrants().stream().filter(condition).toList();
  }

  private static List<ReservationNotice> noticesToOthers(
      ReservationState registered, UUID hostId, Kind kind) {
    return registered.registrants().stream()
        .filter(registrant -> !registrant.hostId().equals(hostId))
        .map(registrant -> new ReservationNotice(registrant.hostId(), kind))
        .toList();
  }

  private static ReservationOutcome success(ReservationState state) {
    return new ReservationOutcome(SUCCESS, state, List.of(), Set.of(), false);
  }
}
