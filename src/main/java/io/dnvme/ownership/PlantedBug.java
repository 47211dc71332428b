package io.dnvme.ownership;

/**
 * Mistakes that tests plant into the production classes, to show that they would be caught. Nothing
 * but a test ever gives any of them.
 */
public enum PlantedBug {
  /** A holder takes a closed connection for the end of the lease (LEASE). */
  PROMISE_BECAUSE_CONNECTION_CLOSED,
  /** A holder that restarted does not wait for leases it may have confirmed before (LEASE). */
  FORGET_LEASE_AT_RESTART,
  /** "Unknown leg" is taken for a promise, an acceptance and a confirmation (RECORD). */
  COUNT_UNKNOWN_LEG,
  /** Holders compare epochs by number alone (RECORD). */
  ACCEPT_EQUAL_EPOCH_OF_OTHER_INCARNATION,
  /** A lease is counted from the confirmation's arrival, not from when it was asked for (LEASE). */
  COUNT_LEASE_FROM_REPLY,
  /** A holder answers before what it says is on the medium (RECORD). */
  ANSWER_BEFORE_DURABLE,
  /** A holder waits L where clocks that run apart need 1.25 L (LEASE). */
  WAIT_LEASE_ONLY,
  /** A retired holder forgets what it accepted, and may join again without it (RECORD). */
  FORGET_RECORD_WHEN_RETIRED,
  /** A holder that is to leave forgets the leg although it accepted a record (RECORD). */
  FORGET_RECORD_WHEN_LEAVING,
  /** A holder that is to leave forgets the leg while a lease rests on what it confirmed (LEASE). */
  FORGET_LEASE_WHEN_LEAVING,
  /** A change of holders counts the new set alone, also before the old one knows (RECORD). */
  SKIP_JOINT_MAJORITY,
  /** A claim takes a half step for one that was never chosen, whatever the old set has (RECORD). */
  RULE_OUT_WHAT_MAY_BE_CHOSEN,
}
