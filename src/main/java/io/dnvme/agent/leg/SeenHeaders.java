package io.dnvme.agent.leg;

import io.dnvme.block.Reactor;
import io.dnvme.ownership.Group;
import io.dnvme.ownership.Member;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * What a controller has seen of its members' headers when it claimed: headers of members that are
 * in-sync by one record differ by one generation at most, so one that is older than what was seen
 * of another is an older image of its disk (NO-SILENT-LOSS). Lives on the controller's home
 * reactor.
 */
final class SeenHeaders {

  /** Then it is looked at again: people may have put the right disk back. */
  private static final long OLDER_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final Reactor home;
  private final Map<UUID, Long> generations = new HashMap<>();
  private final Map<UUID, Long> olderUntil = new HashMap<>();

  SeenHeaders(Reactor home) {
    this.home = home;
  }

  /** Of a logical disk that is in-sync by the record. */
  void seen(UUID disk, long generation) {
    generations.merge(disk, generation, Math::max);
  }

  /** It turned out to be an older image: nothing is left of the member that the record means. */
  void isOlder(UUID disk) {
    olderUntil.put(disk, home.clock().nanos() + OLDER_NANOS);
  }

  boolean wasOlder(UUID disk) {
    Long until = olderUntil.get(disk);
    return until != null && home.clock().nanos() - until < 0;
  }

  /** What each in-sync member of the group has at least; 0 where nothing was seen. */
  long floor(Group group) {
    long newest = 1;
    for (Member member : group.members()) {
      newest = Math.max(newest, generations.getOrDefault(member.logicalDisk(), 1L));
    }
    return newest - 1;
  }
}
