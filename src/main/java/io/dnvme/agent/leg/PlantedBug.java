package io.dnvme.agent.leg;

/** Mistakes that tests turn on, to show that they would be found. Never on otherwise. */
public enum PlantedBug {
  /** A member whose power incarnation changed is taken for one that kept everything (INTENT). */
  TRUST_CHANGED_POWER,
  /** After a takeover a member whose power went may be what the others follow (INTENT). */
  RESYNC_FROM_STALE,
  /** A rebuilt member counts as in-sync although no record says so (MEMBER). */
  PROMOTE_WITHOUT_RECORD,
  /** Hosts are not told that what they did not flush may be gone (INTENT). */
  KEEP_LOSSES_SECRET
}
