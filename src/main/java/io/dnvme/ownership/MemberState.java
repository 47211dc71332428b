package io.dnvme.ownership;

/**
 * How far a member can be trusted (MEMBER).
 *
 * <pre>
 *              begin rebuild               promote
 *   ABSENT ───────────────► REBUILDING ───────────────► IN_SYNC
 *      ▲                        │                           │
 *      └────────────────────────┴────────── remove ─────────┘
 * </pre>
 */
public enum MemberState {
  /** Not written to; others keep a bitmap of what it misses. */
  ABSENT(0),
  /** Written to, not read from. */
  REBUILDING(1),
  /** Has everything that was acknowledged. */
  IN_SYNC(2);

  private final int code;

  MemberState(int code) {
    this.code = code;
  }

  /** The value on media and on the wire. */
  int code() {
    return code;
  }

  static MemberState of(int code) throws RecordFormatException {
    return switch (code) {
      case 0 -> ABSENT;
      case 1 -> REBUILDING;
      case 2 -> IN_SYNC;
      default -> throw new RecordFormatException("no member state has the code " + code);
    };
  }
}
