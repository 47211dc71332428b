package io.dnvme.ownership;

import static io.dnvme.ownership.MemberState.ABSENT;
import static io.dnvme.ownership.MemberState.IN_SYNC;
import static io.dnvme.ownership.MemberState.REBUILDING;
import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.disk.admission.Epoch;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecordTransitionTest {

  private final LegRecord first = Samples.first();

  private static LegRecord with(LegRecord record, int number, MemberState state) {
    return record.withMembers(List.of(Samples.member(number, state)));
  }

  private static void assertAllowed(LegRecord from, LegRecord to) {
    assertThat(RecordTransition.refusal(from, to)).isEmpty();
  }

  private static void assertRefused(LegRecord from, LegRecord to, String why) {
    assertThat(RecordTransition.refusal(from, to))
        .hasValueSatisfying(r -> assertThat(r).contains(why));
  }

  @Test
  void member_leavesIsRebuiltAndComesBack() {
    LegRecord without = with(first, 2, ABSENT);
    assertAllowed(first, without);
    LegRecord rebuilding = with(without, 2, REBUILDING);
    assertAllowed(without, rebuilding);
    assertAllowed(rebuilding, with(rebuilding, 2, IN_SYNC));
    assertAllowed(rebuilding, with(rebuilding, 2, ABSENT));
  }

  @Test
  void losses_areCountedOneByOne_andSurviveAClaim() {
    LegRecord lost = first.withMembersAfterLoss(List.of(Samples.member(2, ABSENT)));
    assertThat(lost.losses()).isEqualTo(1);
    assertAllowed(first, lost);
    LegRecord twice = lost.withMembersAfterLoss(List.of());
    assertRefused(first, twice.withMembers(List.of()), "generation");
    var skipped =
        new LegRecord(
            first.leg(),
            first.epoch(),
            first.owner(),
            first.generation() + 1,
            first.leaseMs(),
            first.holders(),
            first.nextHolders(),
            first.sizeBytes(),
            first.groups(),
            first.sources(),
            first.disk(),
            first.deleted(),
            2,
            false,
            ScrubMark.NONE);
    assertRefused(first, skipped, "one by one");
    LegRecord claimed = lost.claimedBy(lost.epoch().next(lost.owner()), lost.owner());
    assertThat(claimed.losses()).isEqualTo(1);
    assertAllowed(lost, claimed);
  }

  @Test
  void member_takesNoShortCut() {
    LegRecord without = with(first, 2, ABSENT);
    assertRefused(without, with(without, 2, IN_SYNC), "from ABSENT it cannot become IN_SYNC");
    assertRefused(first, with(first, 2, REBUILDING), "from IN_SYNC it cannot become REBUILDING");
  }

  @Test
  void lastInSyncMember_stays() {
    LegRecord without = with(first, 2, ABSENT);
    assertRefused(without, with(without, 1, ABSENT), "no in-sync member would remain");
    LegRecord rebuilding = with(without, 2, REBUILDING);
    LegRecord swapped =
        rebuilding.withMembers(List.of(Samples.member(1, ABSENT), Samples.member(2, IN_SYNC)));
    assertRefused(rebuilding, swapped, "no in-sync member would remain");
  }

  @Test
  void newMember_isRebuiltFirst_andOnlyAnAbsentOneIsDropped() {
    LegRecord added = first.withGroups(List.of(Samples.mirror(1, IN_SYNC, IN_SYNC, REBUILDING)));
    assertAllowed(first, added);
    assertRefused(
        first,
        first.withGroups(List.of(Samples.mirror(1, IN_SYNC, IN_SYNC, IN_SYNC))),
        "rebuilt before");
    assertRefused(
        added, added.withGroups(List.of(Samples.mirror(1, IN_SYNC, IN_SYNC))), "dropped before");
    LegRecord absent = with(added, 3, ABSENT);
    assertAllowed(absent, absent.withGroups(List.of(Samples.mirror(1, IN_SYNC, IN_SYNC))));
  }

  @Test
  void leg_growsByAGroup_andNeverShrinks() {
    var groups = new ArrayList<>(first.groups());
    groups.add(Samples.mirror(11, IN_SYNC, IN_SYNC));
    LegRecord grown = first.withGroups(groups);
    assertAllowed(first, grown);
    assertRefused(grown, grown.withGroups(first.groups()), "no group is dropped");
    assertAllowed(first, first.withSize(2L << 30));
    assertRefused(first, first.withSize(1L << 29), "nothing shrinks");
    groups.set(1, Samples.mirror(2, IN_SYNC));
    groups.set(0, Samples.mirror(1, IN_SYNC));
    assertRefused(first, first.withGroups(groups), "");
  }

  @Test
  void claim_changesEpochAndOwnerOnly() {
    var higher = new Epoch(2, Samples.id(3, 2));
    LegRecord claimed = first.claimedBy(higher, Samples.id(2, 2));
    assertAllowed(first, claimed);
    assertRefused(
        first, first.claimedBy(new Epoch(1, Samples.id(3, 2)), Samples.id(2, 2)), "is not higher");
    LegRecord more = with(first, 2, ABSENT);
    assertRefused(
        first,
        new LegRecord(
            claimed.leg(),
            higher,
            claimed.owner(),
            claimed.generation(),
            claimed.leaseMs(),
            claimed.holders(),
            List.of(),
            claimed.sizeBytes(),
            more.groups(),
            List.of(),
            claimed.disk(),
            false),
        "nothing but epoch and owner");
  }

  @Test
  void holders_changeInTwoHalfSteps_withoutAnythingElse() {
    LegRecord joint = first.withNextHolders(Samples.holders(3, 4, 5));
    assertAllowed(first, joint);
    assertAllowed(joint, joint.withoutOldHolders());
    assertAllowed(joint, joint.withoutNextHolders());
    assertAllowed(joint, with(joint, 2, ABSENT));
    assertRefused(joint, joint.withNextHolders(Samples.holders(6)), "both sets");
    LegRecord atOnce =
        new LegRecord(
            first.leg(),
            first.epoch(),
            first.owner(),
            2,
            first.leaseMs(),
            Samples.holders(3, 4, 5),
            List.of(),
            first.sizeBytes(),
            first.groups(),
            List.of(),
            first.disk(),
            false);
    assertRefused(first, atOnce, "both sets");
  }

  @Test
  void deletedLeg_isClaimedButNotChanged() {
    LegRecord deleted = first.asDeleted();
    assertAllowed(first, deleted);
    assertRefused(deleted, with(deleted, 2, ABSENT), "deleted");
    assertAllowed(deleted, deleted.claimedBy(new Epoch(5, Samples.id(3, 2)), Samples.OWNER));
  }

  @Test
  void checksums_areKeptForGood_throughAllChanges() {
    LegRecord kept = Samples.withChecksums(first);
    assertRefused(first, Samples.withChecksums(with(first, 2, ABSENT)), "is fixed");
    assertRefused(kept, with(first, 2, ABSENT), "is fixed");
    var higher = new Epoch(2, Samples.id(3, 2));
    for (LegRecord next :
        List.of(
            with(kept, 2, ABSENT),
            kept.withMembersAfterLoss(List.of()),
            kept.withSize(2L << 30),
            kept.withSources(List.of()),
            kept.withNextHolders(Samples.holders(3, 4, 5)),
            kept.claimedBy(higher, Samples.OWNER),
            kept.asDeleted())) {
      assertThat(next.checksums()).isTrue();
      assertAllowed(kept, next);
    }
    assertThat(kept.createdBy(higher, Samples.OWNER).checksums()).isTrue();
  }

  @Test
  void scrubMark_goesAnywhere_andSurvivesAClaim() {
    LegRecord marked = first.withScrub(new ScrubMark(1_800_000_000, 4096));
    assertAllowed(first, marked);
    assertAllowed(marked, marked.withScrub(new ScrubMark(1_700_000_000, 0)));
    LegRecord claimed = marked.claimedBy(marked.epoch().next(marked.owner()), marked.owner());
    assertThat(claimed.scrub()).isEqualTo(new ScrubMark(1_800_000_000, 4096));
    assertAllowed(marked, claimed);
    assertRefused(first, marked.withNextHolders(Samples.holders(3, 4, 5)), "does not follow");
  }

  @Test
  void generation_isTheNext() {
    LegRecord second = with(first, 2, ABSENT);
    assertRefused(first, with(second, 2, REBUILDING), "does not follow");
    assertRefused(second, second, "does not follow");
  }
}
