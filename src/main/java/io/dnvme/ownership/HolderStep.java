package io.dnvme.ownership;

/** How far a change of a leg's holders has come; see {@link HolderChange}. */
public enum HolderStep {
  /** The next holders are asked to promise. */
  JOINING,
  /** Until they confirm the lease steadily. */
  CONFIRMING,
  /** Until no other change of the record is under way. */
  WAITING,
  /** A record that names both sets is asked for, or known, and nothing after it. */
  BOTH,
  /** It is taken back. */
  BACK,
  /** The record that names the next holders is asked for. */
  NEXT
}
