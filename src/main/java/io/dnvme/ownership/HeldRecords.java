package io.dnvme.ownership;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * What holders told a claim that they hold, and which record the claim goes on from (RECORD): the
 * newest one that may have been chosen.
 *
 * <p>A record that names both sets of holders, and that few accepted before its owner died, must
 * not make the next set's majority necessary: that set may be gone, which may be why it died. It is
 * ruled out where a majority of the old set promised the claim's epoch and holds older records.
 *
 * <p><b>Why that is safe.</b> What a holder accepted only grows newer, and it refuses lower epochs
 * than it promised. So that majority never accepted the record, and never will: it is not chosen,
 * and nothing that follows it at its epoch was ever asked for. What was chosen before it by the old
 * set is held by one of that majority, or something newer is, which may be ruled out in turn. And
 * what was chosen otherwise follows a record that the old set's majority chose, of the same holders
 * or naming both sets, and that one is not older than the record that is ruled out: a claim at its
 * epoch finds all that was chosen before. So whatever is left as the newest follows all that was
 * chosen, as if the record had never been asked for.
 *
 * <p>Where too few of the old set answer to say so, the next set's majority is needed. It is there
 * as a rule: the record is asked of the next holders first, and of those who are old ones alone
 * when a majority of the next has it ({@link RecordChange}). The argument above does not need that:
 * who has accepted what decides, in whatever order. Of one reactor.
 */
final class HeldRecords {

  private final Set<PlantedBug> bugs;

  /** By holder, what it said last; null where it said that it holds none. */
  private final Map<UUID, LegRecord> held = new HashMap<>();

  HeldRecords(Set<PlantedBug> bugs) {
    this.bugs = bugs;
  }

  /**
   * @param accepted the newest record that it accepted, or null
   */
  void report(UUID holder, LegRecord accepted) {
    held.put(holder, accepted);
  }

  /** Whether any holder has a record. */
  boolean isAny() {
    return newest(any -> false) != null;
  }

  /**
   * The newest record that may have been chosen, or null where none was seen.
   *
   * @param counts holders whose last word counts: who promised the claim's epoch, and so accepts no
   *     older record any more. Whoever only looks may count others as well
   */
  LegRecord newest(Predicate<UUID> counts) {
    LegRecord newest = null;
    LegRecord possible = null;
    for (LegRecord record : held.values()) {
      newest = newer(record, newest);
      possible = isRuledOut(record, counts) ? possible : newer(record, possible);
    }
    // Where nothing is left something is wrong: a leg that there was is never made anew.
    return possible == null ? newest : possible;
  }

  private static LegRecord newer(LegRecord one, LegRecord other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return one.isNewerThan(other) ? one : other;
  }

  private boolean isRuledOut(LegRecord record, Predicate<UUID> counts) {
    return record != null
        && record.changesHolders()
        && Quorum.majority(
            record.quorum().current(),
            holder -> counts.test(holder) && held.containsKey(holder) && isOlder(holder, record));
  }

  private boolean isOlder(UUID holder, LegRecord record) {
    LegRecord its = held.get(holder);
    return its == null
        || record.isNewerThan(its)
        || bugs.contains(PlantedBug.RULE_OUT_WHAT_MAY_BE_CHOSEN);
  }
}
