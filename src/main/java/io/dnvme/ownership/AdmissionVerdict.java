package io.dnvme.ownership;

import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.Admissions.Contents;
import io.dnvme.ownership.Admissions.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * What a claim does after it has asked the logical disks to admit its epoch (OWNER, INTENT). Pure.
 *
 * <pre>
 *   in-sync member  same power incarnation   changed, clean        changed, uncleared   empty
 *   admitted        stays                    stays, new one noted  removed (suspect)    removed
 *   unreachable     removed
 *   rebuilding      stays so               stays so              absent               absent
 *
 *   of a group stays    what happens
 *   somebody            the rest as above
 *   nobody              an unreachable one may have what is missing: the leg waits
 *   nobody, all suspect or empty: the suspect with the newest header is chosen, stays, and the
 *                       rest is removed
 *   nobody, all empty   the leg waits: nothing is left, and nothing is chosen
 * </pre>
 *
 * <p>One whose header is by more than one generation older than another in-sync one's is an older
 * image of itself, and counts as empty (NO-SILENT-LOSS).
 */
sealed interface AdmissionVerdict {

  /** Another owner is there: the claim is over. */
  record Superseded(Epoch epoch) implements AdmissionVerdict {}

  /** Not all have answered, or a group has nobody. */
  record Wait(String reason) implements AdmissionVerdict {}

  /**
   * It can serve.
   *
   * @param changed members whose state or power incarnation must be in the record first
   * @param chosen members that stay though they may miss what was acknowledged and not flushed
   */
  record Serve(List<Member> changed, Set<UUID> chosen) implements AdmissionVerdict {}

  /**
   * The verdict on what is known.
   *
   * @param outcomes by logical disk; those that did not answer yet are missing
   */
  static AdmissionVerdict of(LegRecord record, Map<UUID, Outcome> outcomes) {
    for (Outcome outcome : outcomes.values()) {
      if (outcome instanceof Outcome.HigherEpoch higher) {
        return new Superseded(higher.epoch());
      }
    }
    var changed = new ArrayList<Member>();
    var chosen = new LinkedHashSet<UUID>();
    for (int i = 0; i < record.groups().size(); i++) {
      Group group = record.groups().get(i);
      for (Member member : group.members()) {
        if (!outcomes.containsKey(member.logicalDisk())) {
          return new Wait("logical disk " + member.logicalDisk() + " has not answered yet");
        }
      }
      String reason = judge(group, outcomes, changed, chosen);
      if (reason != null) {
        return new Wait("group " + i + ": " + reason);
      }
    }
    return new Serve(changed, chosen);
  }

  private static String judge(
      Group group, Map<UUID, Outcome> outcomes, List<Member> changed, Set<UUID> chosen) {
    var after = new HashMap<UUID, Member>();
    Member suspect = null;
    long suspectGeneration = 0;
    long newest = newestGeneration(group, outcomes);
    boolean stays = false;
    boolean unreachable = false;
    for (Member member : group.members()) {
      if (!member.inSync()) {
        after.put(member.logicalDisk(), outOfSync(member, outcomes.get(member.logicalDisk())));
        continue;
      }
      if (!(outcomes.get(member.logicalDisk()) instanceof Outcome.Admitted admitted)) {
        unreachable = true;
        after.put(member.logicalDisk(), member.withState(MemberState.ABSENT));
        continue;
      }
      boolean samePower = admitted.powerIncarnation().equals(member.powerIncarnation());
      Member here = member.withPowerIncarnation(admitted.powerIncarnation());
      if (admitted.contents() == Contents.EMPTY || admitted.isOlderImage(newest)) {
        after.put(member.logicalDisk(), member.withState(MemberState.ABSENT));
      } else if (samePower || admitted.contents() == Contents.CLEAN) {
        stays = true;
        after.put(member.logicalDisk(), here);
      } else {
        if (suspect == null || admitted.generation() > suspectGeneration) {
          suspect = here;
          suspectGeneration = admitted.generation();
        }
        after.put(member.logicalDisk(), member.withState(MemberState.ABSENT));
      }
    }
    if (!stays && unreachable) {
      return "an in-sync member that may be needed cannot be reached";
    }
    if (!stays && suspect == null) {
      return "no in-sync member has anything left";
    }
    if (!stays) {
      after.put(suspect.logicalDisk(), suspect);
      chosen.add(suspect.logicalDisk());
      group.members().stream()
          .filter(member -> member.state() == MemberState.REBUILDING)
          .forEach(m -> after.put(m.logicalDisk(), m.withState(MemberState.ABSENT)));
    }
    for (Member member : group.members()) {
      Member now = after.getOrDefault(member.logicalDisk(), member);
      if (!now.equals(member)) {
        changed.add(now);
      }
    }
    return null;
  }

  private static long newestGeneration(Group group, Map<UUID, Outcome> outcomes) {
    long newest = 0;
    for (Member member : group.members()) {
      if (member.inSync()
          && outcomes.get(member.logicalDisk()) instanceof Outcome.Admitted admitted) {
        newest = Math.max(newest, admitted.generation());
      }
    }
    return newest;
  }

  /** A member that is not in-sync keeps what was rebuilt, unless that may be gone. */
  private static Member outOfSync(Member member, Outcome outcome) {
    if (!(outcome instanceof Outcome.Admitted admitted)
        || member.state() != MemberState.REBUILDING) {
      return member;
    }
    boolean samePower = admitted.powerIncarnation().equals(member.powerIncarnation());
    boolean keeps =
        admitted.contents() == Contents.CLEAN
            || admitted.contents() == Contents.UNCLEARED && samePower;
    return keeps
        ? member.withPowerIncarnation(admitted.powerIncarnation())
        : member.withState(MemberState.ABSENT);
  }
}
