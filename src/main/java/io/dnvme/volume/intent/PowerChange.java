package io.dnvme.volume.intent;

import java.util.Set;

/**
 * What a takeover, or a member that comes back, makes of members whose power incarnation is not the
 * one in the record: their volatile caches may have lost what was acknowledged (INTENT).
 *
 * <pre>
 *   no region dirty                                    all stay; the record takes the new incarnations
 *   some in-sync member kept its power                 those that changed leave, with their bitmaps
 *   all reachable ones changed, one is not reachable   the group waits: that one may have kept it
 *   all changed                                        one is chosen, the others follow it; the next
 *                                                      Flush or FUA of each host fails
 * </pre>
 *
 * <p>A member that came back empty (a restarted memory disk) always leaves and is never chosen. A
 * pure function.
 */
public sealed interface PowerChange {

  /**
   * The group goes on.
   *
   * @param leave in-sync members to be removed before the group serves; when their bitmaps are
   *     prepared they come back by a rebuild of what is dirty
   * @param lossPossible acknowledged, unflushed writes may be gone: hosts must learn it
   */
  record GoOn(int leave, boolean lossPossible) implements PowerChange {}

  /** No member can be trusted while one that may be is not reachable. */
  record Wait() implements PowerChange {}

  /**
   * @param inSync in-sync by the record
   * @param reachable of those, the ones that admitted the epoch
   * @param changed of those, the ones with another power incarnation than in the record
   * @param empty of those, the ones without a header
   * @param dirty whether a region's intent bit is set
   */
  static PowerChange decide(int inSync, int reachable, int changed, int empty, boolean dirty) {
    return decide(inSync, reachable, changed, empty, dirty, Set.of());
  }

  static PowerChange decide(
      int inSync, int reachable, int changed, int empty, boolean dirty, Set<PlantedBug> bugs) {
    int present = inSync & reachable & ~empty;
    int gone = inSync & ~present;
    boolean unreachable = (inSync & ~reachable) != 0;
    if (present == 0) {
      return new Wait();
    }
    if (!dirty || bugs.contains(PlantedBug.RESYNC_FROM_STALE)) {
      return new GoOn(gone, false);
    }
    int kept = present & ~changed;
    if (kept != 0) {
      return new GoOn(inSync & ~kept, false);
    }
    if (unreachable) {
      return new Wait();
    }
    return new GoOn(inSync & ~Integer.lowestOneBit(present), true);
  }
}
