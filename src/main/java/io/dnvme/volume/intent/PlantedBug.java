package io.dnvme.volume.intent;

/**
 * Mistakes that tests turn on in the production classes, to show that they would be found
 * (docs/architecture.md, how it is tested). Never on otherwise.
 */
public enum PlantedBug {
  /** Data goes to the members before its intent bit. */
  DROP_INTENT_WRITE,
  /** Intent bits are cleared when their writes are over, without a flush. */
  CLEAR_INTENT_BEFORE_FLUSH,
  /** A removal is asked for while the others' media do not have the bitmap. */
  REMOVE_BEFORE_BITMAP,
  /** A member is promoted while its medium does not have the live intent bits and bitmaps. */
  PROMOTE_WITHOUT_INTENT_BITS,
  /** A rebuilt region's bit is cleared although the member has not flushed it. */
  CLEAR_REBUILT_BEFORE_FLUSH,
  /** A rebuilding member that loses its connection is not said to lack what it missed by that. */
  PROMOTE_AFTER_MISSED_WRITE,
  /** A member whose header is older than it can be is taken for what the record says of it. */
  TRUST_OLD_IMAGE
}
