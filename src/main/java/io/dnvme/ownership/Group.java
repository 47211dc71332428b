package io.dnvme.ownership;

import java.util.HashSet;
import java.util.List;
import java.util.UUID;

/**
 * A mirror of logical disks on distinct failure domains, one after another in the leg's space.
 *
 * @param sizeBytes of the data that it stores, the same on each member
 * @param members in the order in which one is chosen where they are equal
 */
public record Group(long sizeBytes, List<Member> members) {

  /** Three copies, and as many that are being put in their places. */
  public static final int MAX_MEMBERS = 6;

  public Group {
    members = List.copyOf(members);
    if (sizeBytes <= 0) {
      throw new IllegalArgumentException("a group's size must be positive, not " + sizeBytes);
    }
    if (members.isEmpty() || members.size() > MAX_MEMBERS) {
      throw new IllegalArgumentException(
          "a group has 1 to " + MAX_MEMBERS + " members, not " + members.size());
    }
    var disks = new HashSet<UUID>();
    var nodes = new HashSet<UUID>();
    for (Member member : members) {
      if (!disks.add(member.logicalDisk())) {
        throw new IllegalArgumentException(
            "logical disk " + member.logicalDisk() + " is twice in one group");
      }
      if (!nodes.add(member.diskNode())) {
        throw new IllegalArgumentException(
            "disk node " + member.diskNode() + " has two members of one group");
      }
    }
  }

  /** The member that this logical disk is, or null. */
  public Member member(UUID logicalDisk) {
    for (Member member : members) {
      if (member.logicalDisk().equals(logicalDisk)) {
        return member;
      }
    }
    return null;
  }

  /** How many members have everything that was acknowledged. */
  public int inSyncCount() {
    int count = 0;
    for (Member member : members) {
      if (member.inSync()) {
        count++;
      }
    }
    return count;
  }
}
