package io.dnvme.block;

/** What a {@link BlockIo} asks for. */
public enum BlockOp {
  /**
   * Fill {@link BlockIo#data} (or lend views into it) with the blocks' content, which is durable at
   * completion where FUA.
   */
  READ,
  /** Replace the blocks' content by {@link BlockIo#data}; durable before completion where FUA. */
  WRITE,
  /** Everything acknowledged before is durable at completion. Has no range and no data. */
  FLUSH,
  /** The blocks read as zeroes afterwards; their space is returned where asked and possible. */
  WRITE_ZEROES,
  /** The blocks' space is returned; they read as zeroes afterwards. */
  DEALLOCATE,
  /** Compares the blocks' content with {@link BlockIo#data}. */
  COMPARE,
  /**
   * Compares with {@link BlockIo#compareData} and, only where equal, writes {@link BlockIo#data};
   * no other command sees or changes the range in between.
   */
  COMPARE_AND_WRITE;

  /** How many operations there are, for arrays indexed by {@link #ordinal}. */
  public static final int COUNT = values().length;

  /** Whether the command changes what its blocks hold. */
  public boolean changes() {
    return switch (this) {
      case WRITE, WRITE_ZEROES, DEALLOCATE, COMPARE_AND_WRITE -> true;
      case READ, FLUSH, COMPARE -> false;
    };
  }
}
