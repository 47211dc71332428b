package io.dnvme.target.reservation;

import java.util.UUID;

/** Something that a host is to be told because another host did it (NVMe Base 2.0 §8.19). */
public record ReservationNotice(UUID hostId, Kind kind) {

  /** Types of the reservation notification log page (80h). */
  public enum Kind {
    /** The host's registration was removed by a preempt. */
    REGISTRATION_PREEMPTED(1),
    /** The reservation was released, or became one of another type. */
    RESERVATION_RELEASED(2),
    /** All registrations and the reservation were cleared. */
    RESERVATION_PREEMPTED(3);

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    /** Value on the wire; also the number of the kind's bit in the mask of feature 82h. */
    public int code() {
      return code;
    }
  }
}
