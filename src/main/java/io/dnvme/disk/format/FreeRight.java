package io.dnvme.disk.format;

import io.dnvme.disk.admission.Epoch;

/** In whose name a logical disk is freed (NO-LEAK). */
public sealed interface FreeRight {

  /** The control plane's: good only for what never admitted an epoch. */
  record NeverAdmitted() implements FreeRight {}

  /**
   * The leg's owner's, whose record does not have the logical disk any more: good only at the epoch
   * that it admitted last.
   */
  record Owner(Epoch epoch) implements FreeRight {}

  /**
   * Of whoever read from a majority that the leg is deleted: good unless a higher epoch than that
   * record's was admitted, which cannot be.
   */
  record DeletedRecord(Epoch epoch) implements FreeRight {}

  /** Whether it suffices for a logical disk that admitted {@code admitted} last. */
  default boolean suffices(Epoch admitted) {
    return switch (this) {
      case NeverAdmitted() -> admitted.isNone();
      case Owner(Epoch epoch) -> epoch.equals(admitted);
      case DeletedRecord(Epoch epoch) -> epoch.mayFollow(admitted);
    };
  }
}
