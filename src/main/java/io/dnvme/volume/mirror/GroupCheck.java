package io.dnvme.volume.mirror;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Whether members can be put together to a group. */
final class GroupCheck {

  static final int MAX_MEMBERS = 3;

  /** Data begins on such a border, so that a block of the group is never two halves on a disk. */
  static final int DATA_ALIGNMENT_BYTES = 4096;

  private GroupCheck() {}

  /**
   * Refuses a group that cannot be.
   *
   * @throws IllegalArgumentException names the member and what is wrong with it
   */
  static void check(BlockGeometry geometry, List<MemberSpec> members) {
    if (members.isEmpty() || members.size() > MAX_MEMBERS) {
      throw new IllegalArgumentException(
          "a group has 1 to %d members, not %d".formatted(MAX_MEMBERS, members.size()));
    }
    Map<UUID, Integer> disks = new HashMap<>();
    boolean anyInSync = false;
    for (int i = 0; i < members.size(); i++) {
      MemberSpec member = members.get(i);
      Integer other = disks.put(member.disk(), i);
      if (other != null) {
        throw new IllegalArgumentException(
            "members %d and %d are both on disk %s".formatted(other, i, member.disk()));
      }
      if (member.state() == MemberState.ABSENT) {
        continue;
      }
      anyInSync |= member.state() == MemberState.IN_SYNC;
      String wrong = wrong(geometry, member.device(), member.dataStartBlock());
      if (wrong != null) {
        throw new IllegalArgumentException("member %d %s".formatted(i, wrong));
      }
    }
    if (!anyInSync) {
      throw new IllegalArgumentException("a group needs a member that is in-sync");
    }
  }

  /** What is wrong with a member's device, or null. */
  static String wrong(BlockGeometry geometry, BlockDevice device, long dataStartBlock) {
    if (device == null) {
      return "has no device";
    }
    BlockGeometry has = device.geometry();
    if (has.blockSizeBytes() != geometry.blockSizeBytes()) {
      return "has blocks of %d bytes, the group of %d"
          .formatted(has.blockSizeBytes(), geometry.blockSizeBytes());
    }
    if (dataStartBlock < 0
        || (dataStartBlock << geometry.blockShift()) % DATA_ALIGNMENT_BYTES != 0) {
      return "is misaligned: its data begins at block %d".formatted(dataStartBlock);
    }
    if (!has.contains(dataStartBlock, geometry.blockCount())) {
      return "is too small: %d blocks after block %d, the group has %d"
          .formatted(has.blockCount() - dataStartBlock, dataStartBlock, geometry.blockCount());
    }
    if (device.traits().maxTransferBytes() < geometry.blockSizeBytes()) {
      return "takes no whole block at a time";
    }
    return null;
  }
}
