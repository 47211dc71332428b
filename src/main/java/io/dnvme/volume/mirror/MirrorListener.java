package io.dnvme.volume.mirror;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockStatus;

/** Told of a group's life, on its home reactor. */
public interface MirrorListener {

  MirrorListener NONE = new MirrorListener() {};

  /** Nothing is sent to the member any more; its removal is asked for where one remains. */
  default void memberFailed(int member, BlockStatus why, String detail) {}

  /**
   * The member's removal is known. Its device is the listener's now: it must be disconnected, so
   * that its unfinished commands complete (MEMBER); writes that it never answered wait for that,
   * because it still has their data.
   */
  default void memberRemoved(int member, BlockDevice device) {}

  /** The member is in-sync by the record. */
  default void memberPromoted(int member) {}

  /**
   * Blocks that members could not read, or that a checksum called wrong, were to be written anew
   * from another one.
   *
   * @param members which, as a mask
   * @param status whether they were; else the next read or scrub tries again
   */
  default void blocksRepaired(long startBlock, int blockCount, int members, BlockStatus status) {}

  /** No member can read all of the blocks: a host is told of a read fault. */
  default void blocksUnreadable(long startBlock, long blockCount) {}

  /** No in-sync member is left, or the owner is none any more: every command gets a path status. */
  default void stopped(String reason) {}
}
