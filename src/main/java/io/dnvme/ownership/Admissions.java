package io.dnvme.ownership;

import io.dnvme.disk.admission.Epoch;
import java.util.UUID;
import java.util.function.Consumer;

/** The way from a claim to the logical disks of its leg (OWNER). */
public interface Admissions {

  /** What is on a logical disk, as far as a power cut matters. */
  enum Contents {
    /** Nothing that was under way when it was used last. */
    CLEAN,
    /** Regions whose intent bits were not cleared. */
    UNCLEARED,
    /** Nothing: a memory disk that was started again, or one without a member's header. */
    EMPTY
  }

  /** How a logical disk took an epoch. */
  sealed interface Outcome {

    /**
     * It refuses lower epochs durably, has cut their connections and waited for their commands.
     *
     * @param generation of its header: those of members that are in-sync by one record differ by
     *     one at most; 0 where nobody looked
     */
    record Admitted(UUID powerIncarnation, Contents contents, long generation) implements Outcome {

      public Admitted(UUID powerIncarnation, Contents contents) {
        this(powerIncarnation, contents, 0);
      }

      /** Whether it is an older image of itself, beside one in-sync of that generation. */
      boolean isOlderImage(long newest) {
        return generation != 0 && generation < newest - 1;
      }
    }

    /** It admitted a higher one: the claim is over. */
    record HigherEpoch(Epoch epoch) implements Outcome {}

    /** It is not known to have admitted it. */
    record Unreachable() implements Outcome {}
  }

  /**
   * Asks a logical disk to admit the record's epoch. May be asked again at any time.
   *
   * @param record that is being claimed: what it says of the leg's form counts, and nothing older
   * @param member of it
   * @param done on the caller's reactor, at most once; perhaps never
   */
  void admit(LegRecord record, Member member, Consumer<Outcome> done);

  /**
   * Whether what was asked of the logical disk is under way at a node that answers: it will be
   * answered, unless the disk hangs. Where that is not known, it is not.
   */
  default boolean isUnderWay(UUID logicalDisk) {
    return false;
  }

  /**
   * Whether what {@link #prepareRemoval} last began is not answered, and goes on: one write follows
   * the other, however slow they are. Where that is not known, it does not.
   */
  default boolean isPreparing() {
    return false;
  }

  /**
   * Brings on the media of the members that remain in-sync in {@code proposed} what must be there
   * before members that were in-sync are removed: their bitmaps (INTENT).
   *
   * @param done whether it is there; on the caller's reactor, at most once; perhaps never
   */
  void prepareRemoval(LegRecord current, LegRecord proposed, Consumer<Boolean> done);
}
