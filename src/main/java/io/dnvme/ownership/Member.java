package io.dnvme.ownership;

import java.util.Objects;
import java.util.UUID;

/**
 * A logical disk as a group's member.
 *
 * @param diskNode the disk node it lies on
 * @param address where that node was last known to listen, HOST:PORT; a hint, may be empty
 * @param powerIncarnation what it reported when it was last known to have what its state says
 */
public record Member(
    UUID logicalDisk, UUID diskNode, String address, MemberState state, UUID powerIncarnation) {

  public Member {
    Objects.requireNonNull(logicalDisk, "logicalDisk");
    Objects.requireNonNull(diskNode, "diskNode");
    LegRecord.checkText("a member's address", address, LegRecord.MAX_ADDRESS_BYTES);
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(powerIncarnation, "powerIncarnation");
  }

  public boolean inSync() {
    return state == MemberState.IN_SYNC;
  }

  public Member withState(MemberState newState) {
    return new Member(logicalDisk, diskNode, address, newState, powerIncarnation);
  }

  public Member withPowerIncarnation(UUID newIncarnation) {
    return new Member(logicalDisk, diskNode, address, state, newIncarnation);
  }
}
