package io.dnvme.ownership;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Which record may follow which (RECORD, MEMBER). Pure. Every owner asks here before it proposes;
 * holders do not judge contents.
 *
 * <ul>
 *   <li>A claim changes the epoch and the owner and nothing else.
 *   <li>All other changes keep them, and either move the holders one half step or change the rest.
 *   <li>Members move along the arrows of {@link MemberState}; new ones enter absent or rebuilding,
 *       in a new group also in-sync; only absent ones are dropped.
 *   <li>In every group a member that was in-sync before is so afterwards: the last one is never
 *       removed, and what was rebuilt from it never takes over in the same change.
 *   <li>Nothing shrinks; a deleted leg stays as it is.
 * </ul>
 */
public final class RecordTransition {

  private RecordTransition() {}

  /** Why {@code to} may not follow {@code from}; empty where it may. */
  public static Optional<String> refusal(LegRecord from, LegRecord to) {
    return Optional.ofNullable(reason(from, to));
  }

  private static String reason(LegRecord from, LegRecord to) {
    if (!to.leg().equals(from.leg())) {
      return "it is of another leg";
    }
    if (to.generation() != from.generation() + 1) {
      return "generation " + to.generation() + " does not follow " + from.generation();
    }
    if (to.leaseMs() != from.leaseMs()) {
      return "a leg's lease time is fixed";
    }
    if (to.checksums() != from.checksums()) {
      return "whether a leg's members keep checksums is fixed";
    }
    if (LegRecordCodec.sizeBytes(to) > LegRecordCodec.MAX_BYTES) {
      return "it is longer than " + LegRecordCodec.MAX_BYTES + " bytes";
    }
    if (!to.epoch().equals(from.epoch())) {
      return claimReason(from, to);
    }
    if (!to.owner().equals(from.owner())) {
      return "an epoch has one owner";
    }
    if (from.deleted()) {
      return "the leg is deleted";
    }
    if (to.deleted()) {
      return to.equals(from.asDeleted()) ? null : "a deletion changes nothing else";
    }
    if (!to.holders().equals(from.holders()) || !to.nextHolders().equals(from.nextHolders())) {
      return holderReason(from, to);
    }
    return contentReason(from, to);
  }

  private static String claimReason(LegRecord from, LegRecord to) {
    if (!to.epoch().isHigherThan(from.epoch())) {
      return "epoch " + to.epoch() + " is not higher than " + from.epoch();
    }
    return to.equals(from.claimedBy(to.epoch(), to.owner()))
        ? null
        : "a claim changes nothing but epoch and owner";
  }

  private static String holderReason(LegRecord from, LegRecord to) {
    boolean halfStep =
        from.changesHolders()
            ? to.equals(from.withoutOldHolders()) || to.equals(from.withoutNextHolders())
            : to.equals(from.withNextHolders(to.nextHolders()));
    return halfStep
        ? null
        : "holders change by a record that names both sets, then one that drops either";
  }

  private static String contentReason(LegRecord from, LegRecord to) {
    if (to.sizeBytes() < from.sizeBytes() || to.disk().sizeBytes() < from.disk().sizeBytes()) {
      return "nothing shrinks";
    }
    if (!sameIdentity(from.disk(), to.disk())) {
      return "id, NGUID, block, stripe and legs of a virtual disk are fixed";
    }
    if (to.losses() != from.losses() && to.losses() != from.lossesAfterOneMore()) {
      return "losses are counted one by one";
    }
    if (to.groups().size() < from.groups().size()) {
      return "no group is dropped";
    }
    Set<UUID> before =
        from.groups().stream()
            .flatMap(group -> group.members().stream())
            .map(Member::logicalDisk)
            .collect(Collectors.toSet());
    for (int i = 0; i < to.groups().size(); i++) {
      String reason =
          i < from.groups().size()
              ? groupReason(from.groups().get(i), to.groups().get(i), before)
              : newGroupReason(to.groups().get(i), before);
      if (reason != null) {
        return "group " + i + ": " + reason;
      }
    }
    return null;
  }

  private static boolean sameIdentity(DiskIdentity from, DiskIdentity to) {
    return to.id().equals(from.id())
        && to.nguid().equals(from.nguid())
        && to.blockSizeBytes() == from.blockSizeBytes()
        && to.stripeBytes() == from.stripeBytes()
        && to.legs().equals(from.legs());
  }

  private static String newGroupReason(Group group, Set<UUID> before) {
    if (group.inSyncCount() == 0) {
      return "no member would be in-sync";
    }
    for (Member member : group.members()) {
      if (before.contains(member.logicalDisk())) {
        return "logical disk " + member.logicalDisk() + " is in another group";
      }
    }
    return null;
  }

  private static String groupReason(Group from, Group to, Set<UUID> before) {
    if (to.sizeBytes() != from.sizeBytes()) {
      return "its size is fixed";
    }
    boolean survivor = false;
    for (Member member : to.members()) {
      Member old = from.member(member.logicalDisk());
      String reason = old == null ? newMemberReason(member, before) : memberReason(old, member);
      if (reason != null) {
        return "logical disk " + member.logicalDisk() + ": " + reason;
      }
      survivor |= old != null && old.inSync() && member.inSync();
    }
    Set<UUID> kept = new HashSet<>();
    to.members().forEach(member -> kept.add(member.logicalDisk()));
    for (Member old : from.members()) {
      if (!kept.contains(old.logicalDisk()) && old.state() != MemberState.ABSENT) {
        return "logical disk " + old.logicalDisk() + " is dropped before it was removed";
      }
    }
    return survivor ? null : "no in-sync member would remain";
  }

  private static String newMemberReason(Member member, Set<UUID> before) {
    if (before.contains(member.logicalDisk())) {
      return "it is in another group";
    }
    return member.inSync() ? "a new member is rebuilt before it is in-sync" : null;
  }

  private static String memberReason(Member from, Member to) {
    if (!to.diskNode().equals(from.diskNode())) {
      return "a logical disk stays on its disk node";
    }
    boolean reachable =
        switch (to.state()) {
          case ABSENT -> true;
          case REBUILDING -> from.state() != MemberState.IN_SYNC;
          case IN_SYNC -> from.state() != MemberState.ABSENT;
        };
    return reachable ? null : "from " + from.state() + " it cannot become " + to.state();
  }

  /** Whether {@code first} can begin a leg's life: nothing was before it. */
  static Optional<String> initialRefusal(LegRecord first) {
    Objects.requireNonNull(first, "first");
    List<Group> groups = first.groups();
    if (first.deleted() || first.changesHolders() || first.generation() != 1) {
      return Optional.of("a leg begins at generation 1, with one set of holders");
    }
    if (LegRecordCodec.sizeBytes(first) > LegRecordCodec.MAX_BYTES) {
      return Optional.of("it is longer than " + LegRecordCodec.MAX_BYTES + " bytes");
    }
    return groups.stream().anyMatch(group -> group.inSyncCount() == 0)
        ? Optional.of("each group begins with an in-sync member")
        : Optional.empty();
  }
}
