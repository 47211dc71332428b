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

  boolean isFree() {
    return member.equals(NOBODY);
  }
}
