package io.dnvme.disk.format;

/**
 * Mistakes that tests switch on, to show that they would be found. Never on in production; checked
 * on the cold path only.
 */
public enum PlantedBug {
  /** A commit overwrites the copy that counts before the other one is on the medium. */
  BOTH_COPIES_AT_ONCE,
  /** Two equal copies of a page are taken to be on the medium, although a flush may have failed. */
  TRUST_EQUAL_COPIES,
  /** An extent is marked free while it holds what was written to it. */
  FREE_BEFORE_ZEROING,
  /** An extent is marked free before its zeroes are on the medium. */
  FREE_BEFORE_FLUSH,
  /** An admission is answered when it is written, not when it is durable. */
  ADMIT_BEFORE_FLUSH,
  /** An equal epoch of another incarnation is admitted. */
  ADMIT_EQUAL_EPOCH_OF_ANOTHER,
  /**
   * An admission is answered, or another attached, while commands of those it cut are in flight.
   */
  FORGET_DRAIN,
  /** A logical disk comes into being before its extents are known to be its own. */
  ALLOCATE_IN_ONE_COMMIT,
  /** A logical disk is freed whoever asks for it. */
  FREE_ON_ANY_WORD,
  /** A logical disk grows for whoever asks for it. */
  GROW_AT_ANY_EPOCH
}
