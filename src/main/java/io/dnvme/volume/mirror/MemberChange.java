package io.dnvme.volume.mirror;

/** A change of a group's members in its record. Members are numbered from 0. */
public sealed interface MemberChange {

  /**
   * All of them become absent.
   *
   * @param members a mask, bit n for member n
   */
  record Remove(int members) implements MemberChange {}

  /** An absent member enters the write set, as rebuilding. */
  record BeginRebuild(int member) implements MemberChange {}

  /** A rebuilt member becomes in-sync. */
  record Promote(int member) implements MemberChange {}
}
