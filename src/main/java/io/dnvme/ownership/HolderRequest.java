package io.dnvme.ownership;

import io.dnvme.disk.admission.Epoch;
import java.util.List;
import java.util.UUID;

/**
 * What a controller asks of a holder. Every request may be sent again, and may arrive late or
 * twice, without harm. Answered by a {@link HolderReply} each; requests travel in batches.
 */
public sealed interface HolderRequest {

  /** Requests of one batch at most. */
  int MAX_BATCH = 1024;

  UUID leg();

  /** What a holder that does not know a leg does with a promise of it. */
  enum Knowledge {
    /** It says so, and counts for nothing: a claim. */
    EXPECTED,
    /** It begins to know the leg; a tombstone refuses: the leg's creation. */
    CREATE,
    /** It begins to know the leg, also where it has an older tombstone: an owner that adds it. */
    JOIN
  }

  /** What it holds, and whether it would promise; changes nothing. */
  record Read(UUID leg) implements HolderRequest {}

  /**
   * To promise an epoch.
   *
   * @param generation with JOIN, of the record that is to name the holder or that names it already
   * @param leaseMs with CREATE and JOIN, the leg's L
   */
  record Promise(UUID leg, Epoch epoch, Knowledge knowledge, long generation, int leaseMs)
      implements HolderRequest {

    /** A claim's: of a leg that the holder is expected to know. */
    public static Promise of(UUID leg, Epoch epoch) {
      return new Promise(leg, epoch, Knowledge.EXPECTED, 0, 0);
    }
  }

  /** To accept a record at the record's epoch. */
  record Accept(LegRecord record) implements HolderRequest {
    @Override
    public UUID leg() {
      return record.leg();
    }
  }

  /**
   * To confirm the epoch for another L (LEASE).
   *
   * @param leaseMs the L that the owner counts: no less is confirmed
   */
  record Renew(UUID leg, Epoch epoch, int leaseMs) implements HolderRequest {}

  /** The epoch is over: a higher one need not wait. */
  record Release(UUID leg, Epoch epoch) implements HolderRequest {}

  /** To keep nothing but a tombstone: a record without this holder is known to be chosen. */
  record Retire(UUID leg, Epoch epoch, long generation, List<Holder> successors)
      implements HolderRequest {
    public Retire {
      successors = List.copyOf(successors);
    }
  }

  /**
   * To take a JOIN back: the record that was to name the holder was never asked for, or there is
   * none any more that does. Who began to know the leg by it forgets the leg; who was retired
   * before is so again; who accepted a record heeds a Retire again, and is refused from then on.
   *
   * @param generation of the latest JOIN that is taken back
   */
  record Leave(UUID leg, Epoch epoch, long generation) implements HolderRequest {}

  /**
   * To drop a deleted leg, or the tombstone of one.
   *
   * @param deletion the record that says so, as whoever asks read it from a majority (NO-LEAK)
   */
  record Forget(LegRecord deletion) implements HolderRequest {
    public Forget {
      if (!deletion.deleted()) {
        throw new IllegalArgumentException("leg " + deletion.leg() + " is not deleted");
      }
    }

    @Override
    public UUID leg() {
      return deletion.leg();
    }
  }
}
