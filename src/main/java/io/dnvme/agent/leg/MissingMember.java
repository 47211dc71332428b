package io.dnvme.agent.leg;

import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.NodeIdentity;
import io.dnvme.ownership.Group;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.Member;
import io.dnvme.ownership.MemberState;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What is done about a member whose disk node answers, and has no such logical disk (MEMBER,
 * NO-SILENT-LOSS). Pure: whoever speaks for people, a file or a control plane, decides by it.
 *
 * <pre>
 *   the member                                     what is done
 *   was never used                                 another takes its place, on the disk that is there
 *   its node's disk forgets                        likewise
 *   people say that this very disk takes over      likewise
 *   anything else                                  people are told: the wrong disk may be attached
 * </pre>
 *
 * <p>The one that takes over has a name of its own (NAMES), whatever the reason: two disks never
 * have one under the same name, so a disk that was taken for dead, or for never used, is not taken
 * for in-sync when it comes back. Its name follows from the old one and the disk, so that a
 * decision that is acted on twice means the same one (NO-LEAK). In-sync members are never replaced,
 * so the last one never is.
 */
public sealed interface MissingMember {

  /**
   * It is to be replaced by another logical disk, which was never used, on the disk that its node
   * has.
   *
   * @param why for people
   */
  record Replace(UUID by, String why) implements MissingMember {}

  /**
   * Nothing is done.
   *
   * @param what for people: what they may do
   */
  record Ask(String what) implements MissingMember {}

  /**
   * What is to be done.
   *
   * @param member by the record
   * @param node who answers that it has no such logical disk
   * @param name what people call that node
   * @param replacements what people said: by logical disk, which physical disk is to have another
   *     one in its place
   */
  static MissingMember of(
      Member member, NodeIdentity node, String name, Map<UUID, UUID> replacements) {
    if (member.inSync()) {
      return new Ask("it is in-sync by the record, and may be the last that is");
    }
    if (!node.has(NodeIdentity.HAS_LOGICAL_DISKS)) {
      return new Ask("node %s is a witness now and keeps no data".formatted(name));
    }
    UUID wanted = replacements.get(member.logicalDisk());
    String why = null;
    if (LegPlan.isNeverUsed(member)) {
      why = "it was never used";
    } else if (node.has(NodeIdentity.FORGETS)) {
      why = "its memory disk was started again";
    } else if (node.disk().equals(wanted)) {
      why = "its replacement names disk " + wanted;
    }
    if (why != null) {
      return new Replace(replacement(member.logicalDisk(), node.disk()), why);
    }
    String word = "replace { \"%s\" = \"%s\" }".formatted(member.logicalDisk(), node.disk());
    return new Ask(
        "disk %s of node %s does not have it%s. If that is the wrong disk, attach the right one; if it"
                .formatted(node.disk(), name, wanted == null ? "" : ", and replace names " + wanted)
            + " is to take the place of the lost one, say %s in the virtual disk's section of all"
                .formatted(word)
            + " controllers' files and start them again");
  }

  private static UUID replacement(UUID logicalDisk, UUID disk) {
    String text = "logical disk in place of " + logicalDisk + " on disk " + disk;
    return UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Why the disk cannot take a member; empty where it can.
   *
   * @param usage what its node says of it
   */
  static Optional<String> misfit(DiskReply usage, int blockSizeBytes, long neededBytes) {
    if (usage.blockSizeBytes() != blockSizeBytes) {
      return Optional.of(
          "its disk has blocks of %d bytes, not %d"
              .formatted(usage.blockSizeBytes(), blockSizeBytes));
    }
    return usage.freeBytes() < neededBytes
        ? Optional.of(
            "its disk has %d bytes free, and %d are needed"
                .formatted(usage.freeBytes(), neededBytes))
        : Optional.empty();
  }

  /**
   * One step of a replacement: a member that is absent gives its place to {@code by}, which enters
   * absent and never used; one that is rebuilding becomes absent first.
   *
   * @throws IllegalArgumentException where there is no such member, or it is in-sync
   */
  static LegRecord step(LegRecord record, UUID old, UUID by) {
    Member member = record.member(old);
    if (member == null || member.inSync()) {
      throw new IllegalArgumentException("logical disk " + old + " is in-sync, or no member");
    }
    if (member.state() == MemberState.REBUILDING) {
      return record.withMembers(List.of(member.withState(MemberState.ABSENT)));
    }
    List<Group> groups = new ArrayList<>();
    for (Group group : record.groups()) {
      groups.add(
          new Group(
              group.sizeBytes(),
              group.members().stream()
                  .map(each ->
                      each.logicalDisk().equals(old)
                          ? new Member(
                              by,
                              each.diskNode(),
                              each.address(),
                              MemberState.ABSENT,
                              LegPlan.NEVER_USED)
                          : each)
                  .toList()));
    }
    return record.withGroups(groups);
  }
}
