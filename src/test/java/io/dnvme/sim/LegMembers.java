package io.dnvme.sim;

import io.dnvme.agent.disknode.DiskNodeAgent;
import io.dnvme.agent.leg.LegPlan;
import io.dnvme.disk.format.ExtentMap;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.Member;
import io.dnvme.volume.intent.MemberLayout;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;

/** Where the members of a {@link LegCourse} lie on the nodes' disks, and what they hold. */
final class LegMembers {

  private final LegPlan plan;
  private final LegShape shape;
  private final MemberLayout layout;
  private final List<SimDiskNode> nodes;
  private final Supplier<LegRecord> newest;

  /**
   * @param layout of each group's members
   * @param newest record that any holder has; null: none
   */
  LegMembers(
      LegPlan plan,
      LegShape shape,
      MemberLayout layout,
      List<SimDiskNode> nodes,
      Supplier<LegRecord> newest) {
    this.plan = plan;
    this.shape = shape;
    this.layout = layout;
    this.nodes = nodes;
    this.newest = newest;
  }

  MemberLayout layout() {
    return layout;
  }

  int groupOf(long block) {
    return (int) (block / layout.dataBlocks());
  }

  int count(int group) {
    return plan.groups().get(group).size();
  }

  SimDiskNode node(int group, int member) {
    return nodes.get(shape.groups().get(group).get(member));
  }

  /** Where a block of a member, its header included, is on its node's disk; -1: nowhere. */
  long diskBlock(int group, int member, long memberBlock) {
    DiskNodeAgent agent = node(group, member).agent();
    UUID disk = logicalDisk(group, member);
    return agent != null && agent.disk().find(disk).isPresent()
        ? ExtentMap.diskBlock(agent.disk(), disk, memberBlock)
        : -1;
  }

  /** One that is made anew has another name than before. */
  private UUID logicalDisk(int group, int member) {
    LegRecord record = newest.get();
    if (record != null) {
      return record.groups().get(group).members().get(member).logicalDisk();
    }
    int before = plan.groups().stream().limit(group).mapToInt(List::size).sum();
    return plan.logicalDisk(before + member);
  }

  /** What a read of a block of the member's data would give. */
  byte[] content(int group, int member, long block) {
    long at = diskBlock(group, member, layout.dataStartBlock() + block);
    return node(group, member).disk().content(at);
  }

  /** Which is written as a whole, or not, when the power fails, as hosts may expect (AWUPF). */
  boolean isData(SimDiskNode node, long block) {
    int number = nodes.indexOf(node);
    for (int group = 0; group < plan.groups().size(); group++) {
      int within = shape.groups().get(group).indexOf(number);
      // All of it is in one extent.
      long start = within < 0 ? -1 : diskBlock(group, within, layout.dataStartBlock());
      if (start >= 0 && block >= start && block < start + layout.dataBlocks()) {
        return true;
      }
    }
    return false;
  }

  /** Whether a header of a member is being written there. */
  boolean isHeaderWritten(SimDiskNode node) {
    int number = nodes.indexOf(node);
    for (int group = 0; group < plan.groups().size(); group++) {
      int within = shape.groups().get(group).indexOf(number);
      long start = within < 0 ? -1 : diskBlock(group, within, 0);
      long end = start + (long) layout.headerPages() * layout.blocksPerPage();
      if (start >= 0 && node.disk().commands().stream().anyMatch(one -> one.writesIn(start, end))) {
        return true;
      }
    }
    return false;
  }

  /** The block of one member's data cannot be read until it is written again. */
  void makeUnreadable(long block, int member) {
    int group = groupOf(block);
    long at = diskBlock(group, member, layout.dataStartBlock() + block % layout.dataBlocks());
    if (at >= 0) {
      node(group, member).disk().unreadable(at);
    }
  }

  /** MEMBER, ACK: members that are in-sync and equal by what they say hold the same blocks. */
  void checkEqual(SimWorld world) {
    for (int group = 0; group < plan.groups().size(); group++) {
      for (long block = 0; block < layout.dataBlocks(); block++) {
        byte[] first = content(group, 0, block);
        for (int member = 1; member < count(group); member++) {
          if (!Arrays.equals(first, content(group, member, block))) {
            world.violated(
                "MEMBER",
                "members 0 and %d of group %d differ in block %d".formatted(member, group, block));
            return;
          }
        }
      }
    }
  }

  /**
   * Whether the only members that are in-sync by the newest record were memory, and their processes
   * have ended: the leg waits for good (NO-SILENT-LOSS).
   */
  boolean isLost() {
    LegRecord record = newest.get();
    for (int group = 0; record != null && group < record.groups().size(); group++) {
      List<Member> members = record.groups().get(group).members();
      boolean left = false;
      for (int member = 0; member < members.size(); member++) {
        SimDiskNode node = node(group, member);
        boolean forgot =
            node.isMemory()
                && !members.get(member).powerIncarnation().equals(node.powerIncarnation());
        left |= members.get(member).inSync() && !forgot;
      }
      if (!left) {
        return true;
      }
    }
    return false;
  }
}
