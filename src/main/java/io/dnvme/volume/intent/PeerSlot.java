package io.dnvme.volume.intent;

import java.util.UUID;

/**
 * Whose bitmap one of a header's {@link MemberLayout#PEERS} places holds.
 *
 * @param member the absent or rebuilding member, or {@link #NOBODY}
 * @param stamp what that member's own header says too, else the bitmap is not about its content
 */
record PeerSlot(UUID member, long stamp) {

  static final UUID NOBODY = new UUID(0, 0);

  static final PeerSlot FREE = new PeerSlot(NOBODY, 0);

  /**
   * In place of the stamp of a member that was in-sync by the record when it was removed and that
   * could not be asked: the bitmap is about whatever content the member's header has then. It is
   * replaced by the stamp when the member comes back, before any bit is cleared.
   */
  static final long WHILE_IN_SYNC = -1;

  /** Whether the bitmap is about the content whose header has that stamp. */
  boolean isAbout(long contentStamp) {
    return stamp == contentStamp || stamp == WHILE_IN_SYNC;
  }

  boolean isFree() {
    return member.equals(NOBODY);
  }
}
