package io.dnvme.agent.leg;

import io.dnvme.block.LayerCounters;
import io.dnvme.ownership.Claim;
import io.dnvme.ownership.LegRecord;
import io.dnvme.volume.intent.Rebuild;
import java.util.List;
import java.util.UUID;

/**
 * What a controller makes of a leg at the moment, for whoever watches.
 *
 * @param serving whether it owns the leg and serves it
 * @param claim how far its claim has come, or null where it makes none
 * @param record as its owner knows it, or null where it is not the owner
 * @param groups in their order; none where it is not the owner
 * @param scrub how far it is, or {@link ScrubStatus#NONE} where it is not the owner
 */
public record LegStatus(
    boolean serving,
    Claim.State claim,
    LegRecord record,
    List<GroupStatus> groups,
    ScrubStatus scrub) {

  /**
   * Of one group; members as masks.
   *
   * @param failed whose removal is on its way
   * @param promotionInDoubt those of which it is asked, and not known, whether they are in-sync
   * @param unequalRegions regions that wait to be made equal after a takeover
   * @param damage what was found wrong with its content since this controller owns the leg
   * @param counters what was asked of the group since this controller owns the leg
   * @param members one by one, in the order of their numbers
   */
  public record GroupStatus(
      int inSync,
      int rebuilding,
      int failed,
      int promotionInDoubt,
      int unequalRegions,
      Damage damage,
      LayerCounters counters,
      List<MemberStatus> members) {

    public GroupStatus {
      members = List.copyOf(members);
    }
  }

  /**
   * Of one member.
   *
   * @param absence null while it is connected
   * @param rebuild how far its rebuild is, or null where none is under way
   * @param counters what its group asked of it since this controller owns the leg
   */
  public record MemberStatus(
      UUID logicalDisk, Absence absence, Rebuild.Progress rebuild, LayerCounters counters) {}

  /**
   * Of a member that is done without.
   *
   * @param why it left, in words for people
   * @param setbacks how often in a row it was slow, failed, or could not be rebuilt
   * @param triedInMs until it may come back; 0: as soon as its node is there
   */
  public record Absence(String why, int setbacks, long triedInMs) {}

  /**
   * Of the leg's scrub, since this controller owns the leg.
   *
   * @param underWay whether there is one
   * @param held whether it waits for members that are copied to
   * @param atBytes of the leg's data, how far it is; 0 where none is under way
   * @param totalBytes of the leg's data
   * @param comparedBytes by all scrubs
   * @param complete scrubs that came to their end
   * @param sinceSeconds from when the interval to the next one counts, in seconds since 1970
   */
  public record ScrubStatus(
      boolean underWay,
      boolean held,
      long atBytes,
      long totalBytes,
      long comparedBytes,
      long complete,
      long sinceSeconds) {

    public static final ScrubStatus NONE = new ScrubStatus(false, false, 0, 0, 0, 0, 0);
  }

  /**
   * Blocks that were not as they should be.
   *
   * @param rotten that were not what was written on a member, by their checksum
   * @param unreadable that a member could not read, as a scrub found
   * @param undecided in which members differ, and nothing says which is right
   * @param lost that no member has as they were written
   * @param repaired that were written anew on a member from another one
   * @param notRepaired that could not be; whoever reads them next tries again
   */
  public record Damage(
      long rotten, long unreadable, long undecided, long lost, long repaired, long notRepaired) {

    public static final Damage NONE = new Damage(0, 0, 0, 0, 0, 0);

    /** What two groups have together. */
    public Damage plus(Damage other) {
      return new Damage(
          rotten + other.rotten,
          unreadable + other.unreadable,
          undecided + other.undecided,
          lost + other.lost,
          repaired + other.repaired,
          notRepaired + other.notRepaired);
    }

    /** What was found since {@code before}. */
    public Damage since(Damage before) {
      return new Damage(
          rotten - before.rotten,
          unreadable - before.unreadable,
          undecided - before.undecided,
          lost - before.lost,
          repaired - before.repaired,
          notRepaired - before.notRepaired);
    }

    /** For people. */
    @Override
    public String toString() {
      return "%d not as written, %d unreadable, %d undecided, %d lost, %d repaired, %d not repaired"
          .formatted(rotten, unreadable, undecided, lost, repaired, notRepaired);
    }
  }

  public LegStatus {
    groups = List.copyOf(groups);
  }
}
