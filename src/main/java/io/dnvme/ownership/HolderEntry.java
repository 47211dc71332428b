package io.dnvme.ownership;

import io.dnvme.disk.admission.Epoch;
import java.util.Objects;
import java.util.UUID;

/**
 * What a holder durably keeps of one leg. Immutable.
 *
 * @param promised it refuses every lower epoch, and this number to every other incarnation
 * @param leaseMs the leg's L: the accepted record's, and before there is one what whoever creates
 *     the leg says
 * @param joinedGeneration of the record for which it became a holder; 0 where it was so from the
 *     leg's beginning, or that was taken back
 * @param accepted the newest record it accepted, or null; never forgotten, also not when it
 *     retires: if it joins again it has a vote in the old set too, and must not lack what that set
 *     chose
 * @param tombstone where it is a holder no more; kept while it has joined again and accepted
 *     nothing yet, so that it can go back; else null
 */
public record HolderEntry(
    UUID leg,
    Epoch promised,
    int leaseMs,
    long joinedGeneration,
    LegRecord accepted,
    Tombstone tombstone) {

  public HolderEntry {
    Objects.requireNonNull(leg, "leg");
    Objects.requireNonNull(promised, "promised");
    if (leaseMs < LegRecord.MIN_LEASE_MS || leaseMs > LegRecord.MAX_LEASE_MS) {
      throw new IllegalArgumentException("a lease of " + leaseMs + " ms");
    }
    if (accepted != null && !accepted.leg().equals(leg)) {
      throw new IllegalArgumentException("a record of leg " + accepted.leg() + " kept for " + leg);
    }
  }

  /**
   * Whether it is a holder no more: it was retired, and has not joined for a later record since.
   */
  public boolean retired() {
    return tombstone != null && tombstone.generation() >= joinedGeneration;
  }

  HolderEntry promising(Epoch epoch) {
    return new HolderEntry(leg, epoch, leaseMs, joinedGeneration, accepted, tombstone);
  }

  HolderEntry accepting(LegRecord record) {
    return new HolderEntry(leg, promised, record.leaseMs(), joinedGeneration, record, null);
  }

  HolderEntry retired(Epoch epoch, Tombstone stone) {
    return new HolderEntry(leg, epoch, leaseMs, 0, accepted, stone);
  }

  HolderEntry withoutRecord() {
    return new HolderEntry(leg, promised, leaseMs, joinedGeneration, null, tombstone);
  }

  HolderEntry joined(Epoch epoch, long generation) {
    return new HolderEntry(leg, epoch, leaseMs, generation, accepted, tombstone);
  }
}
