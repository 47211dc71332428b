package io.dnvme.volume.mirror;

/** A member's place in its group, as the record says it. */
public enum MemberState {
  /** Has all that was acknowledged: is written and read. */
  IN_SYNC,
  /** Is written, not read. */
  REBUILDING,
  /** Is not used. */
  ABSENT
}
