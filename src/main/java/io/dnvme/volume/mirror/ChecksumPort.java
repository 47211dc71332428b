package io.dnvme.volume.mirror;

import java.lang.foreign.MemorySegment;

/** What is known of blocks' content beside the content itself. */
@FunctionalInterface
public interface ChecksumPort {

  /** What a checksum says of content. */
  enum Verdict {
    /** It is what was written. */
    RIGHT,
    /** It is not. */
    WRONG,
    /** There is no checksum for the block. */
    UNKNOWN
  }

  /** For groups without checksums. */
  ChecksumPort NONE = (block, memory, offsetBytes) -> Verdict.UNKNOWN;

  /**
   * Judges what a member holds; on the group's home reactor.
   *
   * @param block of the group's data
   * @param memory holds the block's content from {@code offsetBytes} on; not kept
   */
  Verdict judge(long block, MemorySegment memory, long offsetBytes);
}
