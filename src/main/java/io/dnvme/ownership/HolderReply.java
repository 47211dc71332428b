package io.dnvme.ownership;

import io.dnvme.disk.admission.Epoch;
import java.util.List;
import java.util.UUID;

/** What a holder answers to one {@link HolderRequest}; all it says is durable where it must be. */
public sealed interface HolderReply {

  UUID leg();

  /** Why a holder refuses. */
  enum Reason {
    /** It promised a higher epoch, or the same number to another incarnation. */
    HIGHER_EPOCH,
    /** It confirmed the owner so lately that it must wait before it promises another (LEASE). */
    OWNER_CONFIRMED,
    /** The epoch was released: it never serves again. */
    RELEASED,
    /** It did not promise this epoch yet; what it promised is lower. */
    NOT_PROMISED,
    /** It holds, or had, a later generation of the epoch. */
    OLDER_GENERATION,
    /** It holds the generation with another content: somebody broke RECORD. */
    OTHER_CONTENT,
    /** It knows as many legs as it can. */
    FULL
  }

  /**
   * To Read.
   *
   * @param accepted the newest record it accepted, or null
   * @param waitNanos how long it will refuse every higher epoch still; 0 when it would promise
   */
  record State(UUID leg, Epoch promised, LegRecord accepted, long waitNanos)
      implements HolderReply {}

  /**
   * To Promise: durably made.
   *
   * @param accepted the newest record it accepted, or null
   */
  record Promised(UUID leg, Epoch epoch, LegRecord accepted) implements HolderReply {}

  /** To Renew: its wait began anew. */
  record Confirmed(UUID leg, Epoch epoch) implements HolderReply {}

  /** To Accept, Release, Retire, Leave and Forget. */
  record Done(UUID leg) implements HolderReply {}

  /**
   * Nothing was changed.
   *
   * @param promised what it promised last
   * @param waitNanos with OWNER_CONFIRMED, for how long still
   */
  record Refused(UUID leg, Reason reason, Epoch promised, long waitNanos) implements HolderReply {}

  /** It does not know the leg: counts for no majority. */
  record Unknown(UUID leg) implements HolderReply {}

  /** It was a holder; these took its place at that generation. Counts for no majority. */
  record Retired(UUID leg, Epoch epoch, long generation, List<Holder> successors)
      implements HolderReply {
    public Retired {
      successors = List.copyOf(successors);
    }
  }

  /** Its store failed, or it has too much to do: counts for no majority. */
  record Unavailable(UUID leg) implements HolderReply {}
}
