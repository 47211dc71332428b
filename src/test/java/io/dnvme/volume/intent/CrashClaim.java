package io.dnvme.volume.intent;

import io.dnvme.ownership.Admissions;
import io.dnvme.ownership.ClaimVerdict;

/** How an owner of a {@link CrashWorld} finds out whom it may serve from. */
final class CrashClaim {

  private final CrashWorld world;

  CrashClaim(CrashWorld world) {
    this.world = world;
  }

  /** What a claim makes of the members that it reaches, asked as it asks them. */
  ClaimVerdict judge(CrashWire[] wires) {
    var claim = new ClaimVerdict.Claim(CrashWorld.MEMBERS);
    var asked = new MemberInspection.Outcome[CrashWorld.MEMBERS];
    for (int member = 0; member < CrashWorld.MEMBERS; member++) {
      int number = member;
      if (wires[member] == null) {
        claim.unreachable(member);
      } else if (world.record.power[member] == world.devices[member].powerIncarnation()) {
        claim.samePower(member);
      } else {
        MemberInspection.start(
            world.reactor,
            wires[member],
            world.layout,
            world.identities.get(member),
            outcome -> asked[number] = outcome);
        world.until("inspected", () -> asked[number] != null);
        switch (asked[member]) {
          case MemberInspection.Outcome.Clean(long generation) ->
              claim.changedPower(member, Admissions.Contents.CLEAN, trusted(generation));
          case MemberInspection.Outcome.Uncleared(long generation) ->
              claim.changedPower(member, Admissions.Contents.UNCLEARED, trusted(generation));
          case MemberInspection.Outcome.Empty any ->
              claim.changedPower(member, Admissions.Contents.EMPTY, 0);
          case MemberInspection.Outcome.Refused any -> claim.unreachable(member);
          case MemberInspection.Outcome.Failed any -> claim.unreachable(member);
        }
      }
    }
    return claim.judge(world.record.inSync, world.record.rebuilding);
  }

  private long trusted(long generation) {
    return world.bugs.contains(PlantedBug.TRUST_OLD_IMAGE) ? 0 : generation;
  }
}
