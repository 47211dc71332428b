package io.dnvme.agent.leg;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.Reactor;
import io.dnvme.ownership.Lease;
import io.dnvme.ownership.LegOwnership;
import io.dnvme.ownership.LegRecord;
import io.dnvme.volume.ConcatDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * The devices of a leg for one term of ownership: its groups, one behind the other (ACK, MEMBER,
 * INTENT). Lives on the controller's home reactor.
 */
final class LegRuntime {

  private final List<GroupRuntime> groups = new ArrayList<>();
  private final BlockDevice device;
  private final LegScrub scrub;

  /**
   * @param links those that admitted the epoch and are connected, by logical disk
   * @param random sets members that come back apart
   * @param log told what happens to members, in words for people
   */
  LegRuntime(
      Reactor home,
      LegOwnership ownership,
      LegRecord record,
      Lease lease,
      Function<UUID, DiskNodeLink> nodes,
      Function<UUID, MemberLink> links,
      Connector connector,
      RandomGenerator random,
      LegOptions options,
      Consumer<String> log) {
    for (int i = 0; i < record.groups().size(); i++) {
      groups.add(
          new GroupRuntime(
              home, i, ownership, record, lease, nodes, links, connector, random, options, log));
    }
    device =
        groups.size() == 1
            ? groups.getFirst().device()
            : new ConcatDevice(groups.stream().map(GroupRuntime::device).toList(), home);
    scrub = new LegScrub(home, record.leg(), groups, ownership, options.scrub(), log);
  }

  /**
   * Reads what the members say of each other.
   *
   * @param ready told once whether the leg can be served: all of its groups
   */
  void open(Consumer<Boolean> ready) {
    var left = new int[] {groups.size()};
    var all = new boolean[] {true};
    for (GroupRuntime group : groups) {
      group.open(yes -> {
        all[0] &= yes;
        if (--left[0] == 0) {
          ready.accept(all[0]);
        }
      });
    }
  }

  /** Grows with each step that its groups take while they open. */
  long openingSteps() {
    return groups.stream().mapToLong(GroupRuntime::openingSteps).sum();
  }

  /** In the order of the groups. */
  List<LegStatus.GroupStatus> status() {
    return groups.stream().map(GroupRuntime::status).toList();
  }

  LegStatus.ScrubStatus scrubStatus() {
    return scrub.status();
  }

  /**
   * The leg is served.
   *
   * @param scrubNow whether a scrub begins at once
   */
  void served(boolean scrubNow) {
    scrub.start(scrubNow);
  }

  BlockDevice device() {
    return device;
  }

  /** Serves no more; every command gets a path status. */
  void stop(String reason) {
    scrub.stop();
    groups.forEach(group -> group.stop(reason));
  }

  /** The states of the members by the record, for people; groups in brackets. */
  static String members(LegRecord record) {
    return record.groups().stream()
        .map(group ->
            group.members().stream()
                .map(member -> member.state().toString())
                .collect(Collectors.joining(", ")))
        .collect(Collectors.joining(" | "));
  }
}
