package io.dnvme.target.reservation;

/** Kinds of reservations (NVMe Base 2.0 §8.19, RTYPE). */
public enum ReservationType {
  WRITE_EXCLUSIVE(1, false, Sharing.HOLDER_ONLY),
  EXCLUSIVE_ACCESS(2, true, Sharing.HOLDER_ONLY),
  WRITE_EXCLUSIVE_REGISTRANTS_ONLY(3, false, Sharing.REGISTRANTS_ONLY),
  EXCLUSIVE_ACCESS_REGISTRANTS_ONLY(4, true, Sharing.REGISTRANTS_ONLY),
  WRITE_EXCLUSIVE_ALL_REGISTRANTS(5, false, Sharing.ALL_REGISTRANTS),
  EXCLUSIVE_ACCESS_ALL_REGISTRANTS(6, true, Sharing.ALL_REGISTRANTS);

  private enum Sharing {
    /** One host holds it, and only that one has access. */
    HOLDER_ONLY,
    /** One host holds it, all registrants have access. */
    REGISTRANTS_ONLY,
    /** All registrants hold it and have access. */
    ALL_REGISTRANTS
  }

  private static final ReservationType[] ALL = values();

  private final int code;
  private final boolean exclusiveAccess;
  private final Sharing sharing;

  ReservationType(int code, boolean exclusiveAccess, Sharing sharing) {
    this.code = code;
    this.exclusiveAccess = exclusiveAccess;
    this.sharing = sharing;
  }

  /** The type with that value on the wire, or null. */
  public static ReservationType of(int code) {
    return code >= 1 && code <= ALL.length ? ALL[code - 1] : null;
  }

  /** Value on the wire; zero there says that no reservation is held. */
  public int code() {
    return code;
  }

  /** Whether reads of others conflict too, not only writes. */
  public boolean isExclusiveAccess() {
    return exclusiveAccess;
  }

  /** Whether registrants that do not hold the reservation have access like its holder. */
  public boolean registrantsHaveAccess() {
    return sharing != Sharing.HOLDER_ONLY;
  }

  /** Whether every registrant is a holder. */
  public boolean isHeldByAllRegistrants() {
    return sharing == Sharing.ALL_REGISTRANTS;
  }
}
