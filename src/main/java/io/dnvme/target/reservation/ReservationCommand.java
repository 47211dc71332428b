package io.dnvme.target.reservation;

import io.dnvme.nvme.StatusCode;
import java.util.UUID;

/**
 * What a host asks of a namespace's reservations. The {@code parse} methods take the fields of the
 * three commands as they came; what makes no sense becomes {@link Refused}.
 */
public sealed interface ReservationCommand {

  /** CPTPL: what becomes of persistence through power loss. */
  enum PersistenceChange {
    KEEP,
    OFF,
    ON
  }

  /** The host that asks. */
  UUID hostId();

  /** Cannot be done whatever the state: answered with {@code status}. */
  record Refused(UUID hostId, int status) implements ReservationCommand {}

  record Register(UUID hostId, long newKey, PersistenceChange persistence)
      implements ReservationCommand {}

  record Unregister(
      UUID hostId, long currentKey, boolean ignoresCurrentKey, PersistenceChange persistence)
      implements ReservationCommand {}

  record ReplaceKey(
      UUID hostId,
      long currentKey,
      long newKey,
      boolean ignoresCurrentKey,
      PersistenceChange persistence)
      implements ReservationCommand {}

  record Acquire(UUID hostId, long currentKey, ReservationType type)
      implements ReservationCommand {}

  /**
   * @param preemptedKey whose registrations end; zero for all other registrants' where all hold the
   *     reservation
   * @param abortsCommands the preempted hosts' commands are to be aborted, not only awaited
   */
  record Preempt(
      UUID hostId, long currentKey, long preemptedKey, ReservationType type, boolean abortsCommands)
      implements ReservationCommand {}

  record Release(UUID hostId, long currentKey, ReservationType type)
      implements ReservationCommand {}

  record Clear(UUID hostId, long currentKey) implements ReservationCommand {}

  /** Set Features, Reservation Persistence (83h). */
  record SetPersistence(UUID hostId, boolean persistent) implements ReservationCommand {}

  /** Bytes of the data of Register and of Acquire: two keys. */
  int TWO_KEYS_SIZE = 16;

  /** Bytes of the data of Release: one key. */
  int ONE_KEY_SIZE = 8;

  /**
   * Reservation Register (NVMe Base 2.0 §7.3).
   *
   * @param cdw10 RREGA, IEKEY, CPTPL
   * @param crkey current reservation key, from the data
   * @param nrkey new reservation key, from the data
   */
  static ReservationCommand parseRegister(UUID hostId, int cdw10, long crkey, long nrkey) {
    PersistenceChange persistence =
        switch (cdw10 >>> 30) {
          case 0 -> PersistenceChange.KEEP;
          case 2 -> PersistenceChange.OFF;
          case 3 -> PersistenceChange.ON;
          default -> null;
        };
    if (persistence == null) {
      return invalidField(hostId);
    }
    boolean iekey = iekey(cdw10);
    return switch (action(cdw10)) {
      case 0 -> new Register(hostId, nrkey, persistence);
      case 1 -> new Unregister(hostId, crkey, iekey, persistence);
      case 2 -> new ReplaceKey(hostId, crkey, nrkey, iekey, persistence);
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
  static ReservationCommand parseAcquire(UUID hostId, int cdw10, long crkey, long prkey) {
    ReservationType type = ReservationType.of(rtype(cdw10));
    if (iekey(cdw10) || type == null) {
      return invalidField(hostId);
    }
    return switch (action(cdw10)) {
      case 0 -> new Acquire(hostId, crkey, type);
      case 1 -> new Preempt(hostId, crkey, prkey, type, false);
      case 2 -> new Preempt(hostId, crkey, prkey, type, true);
      default -> invalidField(hostId);
    };
  }

  /**
   * Reservation Release (NVMe Base 2.0 §7.4).
   *
   * @param cdw10 RRELA, IEKEY, RTYPE (which Clear does not look at)
   * @param crkey current reservation key, from the data
   */
  static ReservationCommand parseRelease(UUID hostId, int cdw10, long crkey) {
    ReservationType type = ReservationType.of(rtype(cdw10));
    if (iekey(cdw10)) {
      return invalidField(hostId);
    }
    return switch (action(cdw10)) {
      case 0 -> type == null ? invalidField(hostId) : new Release(hostId, crkey, type);
      case 1 -> new Clear(hostId, crkey);
      default -> invalidField(hostId);
    };
  }

  private static int action(int cdw10) {
    return cdw10 & 0x7;
  }

  private static boolean iekey(int cdw10) {
    return (cdw10 & 1 << 3) != 0;
  }

  private static int rtype(int cdw10) {
    return cdw10 >>> 8 & 0xff;
  }

  private static ReservationCommand invalidField(UUID hostId) {
    return new Refused(hostId, StatusCode.INVALID_FIELD.dnr());
  }
}
