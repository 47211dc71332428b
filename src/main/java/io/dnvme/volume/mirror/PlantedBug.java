package io.dnvme.volume.mirror;

/** Mistakes that tests plant in the production class, to see that they are caught. */
public enum PlantedBug {
  /** Acknowledges without a member before its removal is known (MEMBER). */
  ACKNOWLEDGE_BEFORE_REMOVAL,
  /** Sends overlapping writes without an order (OVERLAP). */
  NO_RANGE_LOCK,
  /** Reads from a member whose promotion is in doubt (MEMBER). */
  READ_WHILE_PROMOTION_IN_DOUBT,
  /** Does not write to a member whose promotion is in doubt (MEMBER). */
  SKIP_WHILE_PROMOTION_IN_DOUBT,
  /** Answers without a look at the lease (LEASE). */
  ANSWER_AFTER_LEASE,
  /** Sends data before its intent bit is on the media (INTENT). */
  NO_INTENT
}
