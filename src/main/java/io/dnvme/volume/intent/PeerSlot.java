package io.dnvme.volume.intent;

import java.util.UUID;

/**
 * Whose bitmap one of a header's {@link MemberLayout#PEERS} places holds.
 *
 * @param member the absent or rebuilding member, or {@link #NOBODY}
 * @param stamp what that member's own header says too, else the bitmap is not about its content
 * @param floor the generation that the member's header has at least, else it is an older image of
 *     that content, which lacks more than the bitmap says ({@link HeaderAges})
 */
record PeerSlot(UUID member, long stamp, long floor) {

  static final UUID NOBODY = new UUID(0, 0);

  static final PeerSlot FREE = new PeerSlot(NOBODY, 0, 0);

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

  /** Whether both are about the same content of the same member, whatever the floor. */
  boolean isSameContent(PeerSlot other) {
    return member.equals(other.member) && stamp == other.stamp;
  }

  PeerSlot withFloor(long newFloor) {
    return new PeerSlot(member, stamp, newFloor);
  }

  boolean isFree() {
    return member.equals(NOBODY);
  }
}
