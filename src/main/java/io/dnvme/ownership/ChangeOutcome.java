package io.dnvme.ownership;

/** What became of a change that an owner was asked for (RECORD, MEMBER). */
public sealed interface ChangeOutcome {

  /** It is in the record for good. */
  record Known(LegRecord record) implements ChangeOutcome {}

  /** It is not in the record: no holder was ever asked for it, or it was taken back. */
  record Refused(String reason) implements ChangeOutcome {}

  /** The epoch is over while it was in doubt: whoever claims the leg next may find it or not. */
  record Lost(String reason) implements ChangeOutcome {}
}
