package io.dnvme.ownership;

import io.dnvme.ownership.Admissions.Contents;
import io.dnvme.ownership.Admissions.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What a claim makes of one group ({@link AdmissionVerdict}), for worlds that know members by their
 * numbers.
 *
 * @param waits nobody may serve now; the rest says nothing then
 * @param inSync members that stay in-sync, as a mask
 * @param rebuilding members that stay rebuilding
 * @param lossPossible acknowledged, unflushed writes may be gone: hosts must learn it
 */
public record ClaimVerdict(boolean waits, int inSync, int rebuilding, boolean lossPossible) {

  /** The answers of a group's members. */
  public static final class Claim {

    private static final UUID NEW_POWER = Samples.id(4, 2);

    private final int members;
    private final Map<UUID, Outcome> outcomes = new HashMap<>();

    public Claim(int members) {
      this.members = members;
    }

    public void unreachable(int member) {
      answered(member, new Outcome.Unreachable());
    }

    /** Nobody looks at what is on it, as in production. */
    public void samePower(int member) {
      answered(member, new Outcome.Admitted(Samples.POWER, Contents.UNCLEARED));
    }

    /**
     * @param generation of its header
     */
    public void changedPower(int member, Contents contents, long generation) {
      answered(member, new Outcome.Admitted(NEW_POWER, contents, generation));
    }

    private void answered(int member, Outcome outcome) {
      outcomes.put(disk(member), outcome);
    }

    private static UUID disk(int member) {
      return Samples.member(1 + member, MemberState.IN_SYNC).logicalDisk();
    }

    /**
     * @param inSync by the record, as a mask, and {@code rebuilding} likewise
     */
    public ClaimVerdict judge(int inSync, int rebuilding) {
      List<Member> group = new ArrayList<>();
      for (int member = 0; member < members; member++) {
        MemberState state =
            (inSync & 1 << member) != 0
                ? MemberState.IN_SYNC
                : (rebuilding & 1 << member) != 0 ? MemberState.REBUILDING : MemberState.ABSENT;
        group.add(Samples.member(1 + member, state));
      }
      LegRecord record = Samples.first().withGroups(List.of(new Group(1L << 30, group)));
      return switch (AdmissionVerdict.of(record, outcomes)) {
        case AdmissionVerdict.Superseded any ->
            throw new IllegalStateException("nobody else claims");
        case AdmissionVerdict.Wait any -> new ClaimVerdict(true, 0, 0, false);
        case AdmissionVerdict.Serve serve ->
            verdict(
                serve.chosen().isEmpty()
                    ? record.withMembers(serve.changed())
                    : record.withMembersAfterLoss(serve.changed()),
                !serve.chosen().isEmpty());
      };
    }

    private ClaimVerdict verdict(LegRecord after, boolean lossPossible) {
      int inSync = 0;
      int rebuilding = 0;
      for (int member = 0; member < members; member++) {
        switch (after.member(disk(member)).state()) {
          case IN_SYNC -> inSync |= 1 << member;
          case REBUILDING -> rebuilding |= 1 << member;
          case ABSENT -> {
            // It has left.
          }
        }
      }
      return new ClaimVerdict(false, inSync, rebuilding, lossPossible);
    }
  }
}
