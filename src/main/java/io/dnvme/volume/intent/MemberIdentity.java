package io.dnvme.volume.intent;

import java.util.Objects;
import java.util.UUID;

/**
 * Which logical disk is a member of which group.
 *
 * @param leg the leg's UUID
 * @param group the group's index in the leg, from 0
 * @param member the logical disk's UUID, never reused
 */
public record MemberIdentity(UUID leg, int group, UUID member) {

  public MemberIdentity {
    Objects.requireNonNull(leg);
    Objects.requireNonNull(member);
    if (group < 0) {
      throw new IllegalArgumentException("a group's index cannot be negative: " + group);
    }
  }
}
