package io.dnvme.volume.mirror;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.Reactor;
import io.dnvme.volume.intent.IntentLog;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What a group is made of.
 *
 * @param geometry of the group's data
 * @param members by their numbers
 * @param bugs for tests only
 */
public record MirrorSetup(
    Reactor home,
    BlockGeometry geometry,
    List<MemberSpec> members,
    IntentLog log,
    MembershipPort membership,
    ServingRight right,
    MirrorListener listener,
    MirrorOptions options,
    Set<PlantedBug> bugs) {

  public MirrorSetup {
    members = List.copyOf(members);
    bugs = bugs.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(bugs));
  }

  public MirrorSetup(
      Reactor home,
      BlockGeometry geometry,
      List<MemberSpec> members,
      IntentLog log,
      MembershipPort membership,
      ServingRight right,
      MirrorListener listener,
      MirrorOptions options) {
    this(home, geometry, members, log, membership, right, listener, options, Set.of());
  }
}
