package io.dnvme.volume.mirror;

/** Told of what a scrub finds, on the group's home reactor. */
public interface ScrubListener {

  /**
   * In-sync members hold different content, or content that its checksum calls wrong.
   *
   * @param right members that hold what was written, as a mask; 0 where nothing decides
   * @param wrong the others
   */
  default void differ(long block, int right, int wrong) {}

  /** Members that cannot read the block, or not as it was written, as a mask. */
  default void unreadable(long block, int members) {}

  /** No member can; told after {@link #unreadable}. */
  default void lost(long block) {}

  /**
   * The last block was looked at, or the scrub was stopped.
   *
   * @param complete whether all blocks were looked at
   */
  default void ended(boolean complete) {}
}
