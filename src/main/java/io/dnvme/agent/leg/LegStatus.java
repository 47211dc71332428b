package io.dnvme.agent.leg;

import io.dnvme.ownership.Claim;
import io.dnvme.ownership.LegRecord;
import java.util.List;

/**
 * What a controller makes of a leg at the moment, for whoever watches.
 *
 * @param serving whether it owns the leg and serves it
 * @param claim how far its claim has come, or null where it makes none
 * @param record as its owner knows it, or null where it is not the owner
 * @param groups in their order; none where it is not the owner
 */
public record LegStatus(
    boolean serving, Claim.State claim, LegRecord record, List<GroupStatus> groups) {

  /**
   * Of one group; members as masks.
   *
   * @param failed whose removal is on its way
   * @param promotionInDoubt those of which it is asked, and not known, whether they are in-sync
   * @param unequalRegions regions that wait to be made equal after a takeover
   */
  public record GroupStatus(
      int inSync, int rebuilding, int failed, int promotionInDoubt, int unequalRegions) {}

  public LegStatus {
    groups = List.copyOf(groups);
  }
}
