package io.dnvme.volume.intent;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;

/**
 * A group of mirrored members as its {@link IntentLog} and its rebuilds see it. All calls on the
 * group's home reactor, where every answer comes too.
 *
 * <p>The <em>write set</em> is in-sync and rebuilding members: every write goes to all of it, and
 * is answered when all of it has it or those that failed are known to be removed.
 */
public interface MirrorGroup {

  /** Told once, maybe within the call that asks. */
  @FunctionalInterface
  interface Copied {
    /**
     * @param status SUCCESS: the targets equal the source. READ_FAULT: no source can be read there.
     *     INVALID: what was asked for makes no sense now, or a target left. BUSY: too many copies
     *     wait. PATH_LOST: the group stopped. Another one: what the last in-sync member, which
     *     stays, answered
     */
    void copied(BlockStatus status);
  }

  Reactor reactor();

  /** Of the group's data, without the members' headers. */
  BlockGeometry geometry();

  int memberCount();

  /** The member's whole device, header included; null for one that has none now. */
  BlockDevice device(int member);

  /** First block of the group's data on that member's device. */
  long dataStartBlock(int member);

  /** Members known to be in-sync, the failed ones whose removal is not known yet included. */
  int inSync();

  /** Members known to be in the write set and not known to be in-sync. */
  int rebuilding();

  /**
   * Failed members, and those that the log told of: nothing is sent to them any more. Their removal
   * is under way where an in-sync member remains.
   */
  int failed();

  /** Whether an in-sync member that did not fail is left without these. */
  default boolean remainsWithout(int members) {
    return (inSync() & ~failed() & ~members) != 0;
  }

  /** A member's medium could not be written or flushed: it is taken out by MEMBER. */
  void memberFailed(int member, BlockStatus why);

  /**
   * Makes the targets' blocks equal to one in-sync member's, under the range lock: no other command
   * on the range runs meanwhile. What is written to an in-sync target has its intent bit first. A
   * target that cannot be written fails as by {@link #memberFailed}, save the last in-sync one, and
   * one that is equal already; a source that cannot be read is replaced by another. Waits for
   * memory; at most {@link #maxCopyBlocks} at a time.
   *
   * @param source the member to follow, or -1 for any that is in-sync and not a target
   * @param targets in-sync or rebuilding members, without the source
   */
  void copy(long startBlock, int blockCount, int source, int targets, Copied done);

  int maxCopyBlocks();

  /** Commands of hosts that are under way, for who gives way to them. */
  int hostCommands();

  /** Commands of hosts so far: those that came and went between two looks count too. */
  long hostCommandsStarted();

  /**
   * Brings an absent member into the write set by a record change; its removal, where there was
   * one, is over.
   *
   * @param device the member's whole device, which admitted the epoch
   * @param done yes: it is rebuilding. No: the change was refused, or the member failed
   */
  void beginRebuild(int member, BlockDevice device, IntentLog.Answer done);

  /**
   * Flushes a rebuilding member and makes it in-sync by a record change. While that is in doubt,
   * the answer waits.
   *
   * @param done yes: it is in-sync. No: the change was refused, or the member failed
   */
  void promote(int member, IntentLog.Answer done);
}
