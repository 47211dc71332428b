package io.dnvme.target.reservation;

import io.dnvme.nvme.ReservationCommand;
import io.dnvme.nvme.StatusCode;
import java.util.UUID;

/**
 * What a host asks of a namespace's reservations. The {@code parse} methods take the fields of the
 * three commands as they came; what makes no sense becomes {@link Refused}.
 */
public sealed interface ReservationRequest {

  /** CPTPL: what becomes of persistence through power loss. */
  enum PersistenceChange {
    KEEP,
    OFF,
    ON
  }

  /** The host that asks. */
  UUID hostId();

  /** Cannot be done whatever the state: answered with {@code status}. */
  record Refused(UUID hostId, int status) implements ReservationRequest {}

  record Register(UUID hostId, long newKey, PersistenceChange persistence)
      implements ReservationRequest {}

  record Unregister(
      UUID hostId, long currentKey, boolean ignoresCurrentKey, PersistenceChange persistence)
      implements ReservationRequest {}

  record ReplaceKey(
      UUID hostId,
      long currentKey,
      long newKey,
      boolean ignoresCurrentKey,
      PersistenceChange persistence)
      implements ReservationRequest {}

  record Acquire(UUID hostId, long currentKey, ReservationType type)
      implements ReservationRequest {}

  /**
   * @param preemptedKey whose registrations end; zero for all other registrants' where all hold the
   *     reservation
   * @param abortsCommands the preempted hosts' commands are to be aborted, not only awaited
   */
  record Preempt(
      UUID hostId, long currentKey, long preemptedKey, ReservationType type, boolean abortsCommands)
      implements ReservationRequest {}

  record Release(UUID hostId, long currentKey, ReservationType type)
      implements ReservationRequest {}

  record Clear(UUID hostId, long currentKey) implements ReservationRequest {}

  /** Set Features, Reservation Persistence (83h). */
  record SetPersistence(UUID hostId, boolean persistent) implements ReservationRequest {}

  /**
   * Reservation Register (NVMe Base 2.0 §7.3).
   *
   * @param cdw10 RREGA, IEKEY, CPTPL
   * @param crkey current reservation key, from the data
   * @param nrkey new reservation key, from the data
   */
  static ReservationRequest parseRegister(UUID hostId, int cdw10, long crkey, long nrkey) {
    PersistenceChange persistence =
        switch (ReservationCommand.CPTPL.get(cdw10)) {
          case ReservationCommand.CPTPL_NO_CHANGE -> PersistenceChange.KEEP;
          case ReservationCommand.CPTPL_CLEAR -> PersistenceChange.OFF;
          case ReservationCommand.CPTPL_SET -> PersistenceChange.ON;
          default -> null;
        };
    if (persistence == null) {
      return invalidField(hostId);
    }
    boolean iekey = ReservationCommand.IEKEY.isSet(cdw10);
    return switch (ReservationCommand.ACTION.get(cdw10)) {
      case ReservationCommand.RREGA_REGISTER -> new Register(hostId, nrkey, persistence);
      case ReservationCommand.RREGA_UNREGISTER -> new Unregister(hostId, crkey, iekey, persistence);
      case ReservationCommand.RREGA_REPLACE ->
          new ReplaceKey(hostId, crkey, nrkey, iekey, persistence);
      default -> invalidField(hostId);
    };
  }

  /**
   * Reservation Acquire (NVMe Base 2.0 §7.2).
   *
   * @param cdw10 RACQA, IEKEY, RTYPE
   * @param crkey current reservation key, from the data
   * @param prkey preempt reservation key, from the data
   */
  static ReservationRequest parseAcquire(UUID hostId, int cdw10, long crkey, long prkey) {
    ReservationType type = ReservationType.of(ReservationCommand.RTYPE.get(cdw10));
    if (ReservationCommand.IEKEY.isSet(cdw10) || type == null) {
      return invalidField(hostId);
    }
    return switch (ReservationCommand.ACTION.get(cdw10)) {
      case ReservationCommand.RACQA_ACQUIRE -> new Acquire(hostId, crkey, type);
      case ReservationCommand.RACQA_PREEMPT -> new Preempt(hostId, crkey, prkey, type, false);
      case ReservationCommand.RACQA_PREEMPT_AND_ABORT ->
          new Preempt(hostId, crkey, prkey, type, true);
      default -> invalidField(hostId);
    };
  }

  /**
   * Reservation Release (NVMe Base 2.0 §7.4).
   *
   * @param cdw10 RRELA, IEKEY, RTYPE (which Clear does not look at)
   * @param crkey current reservation key, from the data
   */
  static ReservationRequest parseRelease(UUID hostId, int cdw10, long crkey) {
    ReservationType type = ReservationType.of(ReservationCommand.RTYPE.get(cdw10));
    if (ReservationCommand.IEKEY.isSet(cdw10)) {
      return invalidField(hostId);
    }
    return switch (ReservationCommand.ACTION.get(cdw10)) {
      case ReservationCommand.RRELA_RELEASE ->
          type == null ? invalidField(hostId) : new Release(hostId, crkey, type);
      case ReservationCommand.RRELA_CLEAR -> new Clear(hostId, crkey);
      default -> invalidField(hostId);
    };
  }

  private static ReservationRequest invalidField(UUID hostId) {
    return new Refused(hostId, StatusCode.INVALID_FIELD.dnr());
  }
}
