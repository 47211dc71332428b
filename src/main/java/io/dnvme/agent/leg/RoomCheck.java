package io.dnvme.agent.leg;

import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.nvme.vendor.LogicalDiskInfo;
import io.dnvme.nvme.vendor.NodeIdentity;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Asks the disk nodes of a leg that is to be made whether their disks are such that it can be:
 * blocks of its size, and room for its members. Before anything is allocated on any (NO-LEAK). Who
 * does not answer is waited for; what would have to be changed by people is told them. What an
 * earlier attempt has allocated already needs no more room. Lives on the controller's home reactor.
 */
final class RoomCheck {

  private static final long ANSWER_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** What is known. */
  sealed interface Verdict {

    record Enough() implements Verdict {}

    /** A node does not answer. */
    record NotKnown() implements Verdict {}

    /** The leg cannot be made on these nodes as they are. */
    record Impossible(String why) implements Verdict {}
  }

  private final LegPlan plan;
  private final long neededBytes;
  private final Consumer<Verdict> done;
  private Verdict verdict = new Verdict.Enough();
  private int left;

  private RoomCheck(LegPlan plan, long neededBytes, Consumer<Verdict> done) {
    this.plan = plan;
    this.neededBytes = neededBytes;
    this.done = done;
  }

  /**
   * Begins to ask.
   *
   * @param nodes disk nodes by id
   * @param neededBytes of each member
   * @param done told once, maybe within this call
   */
  static void start(
      LegPlan plan, Function<UUID, DiskNodeLink> nodes, long neededBytes, Consumer<Verdict> done) {
    Map<UUID, List<UUID>> disks = new LinkedHashMap<>();
    for (int i = 0; i < plan.members().size(); i++) {
      disks
          .computeIfAbsent(plan.members().get(i), any -> new ArrayList<>())
          .add(plan.logicalDisk(i));
    }
    if (!disks.keySet().stream().map(nodes).allMatch(DiskNodeLink::isLive)) {
      done.accept(new Verdict.NotKnown());
      return;
    }
    var check = new RoomCheck(plan, neededBytes, done);
    check.left = disks.size();
    disks.forEach((node, wanted) -> check.ask(nodes.apply(node), wanted));
  }

  private void ask(DiskNodeLink link, List<UUID> wanted) {
    if (!link.identity().has(NodeIdentity.HAS_LOGICAL_DISKS)) {
      answered(
          new Verdict.Impossible(
              "%s is a witness and keeps no data: name another one in the groups"
                  .formatted(named(link))));
      return;
    }
    link.client()
        .ask(
            DiskRequest.usage(),
            ANSWER_LIMIT_NANOS,
            outcome -> {
              DiskReply usage = reply(outcome);
              if (usage == null || usage.extentBytes() == 0) {
                answered(new Verdict.NotKnown());
              } else {
                used(link, wanted, usage);
              }
            });
  }

  private void used(DiskNodeLink link, List<UUID> wanted, DiskReply usage) {
    if (usage.blockSizeBytes() != plan.blockSizeBytes()) {
      answered(
          new Verdict.Impossible(
              ("%s has blocks of %d bytes, and those of the virtual disk are to have %d: give the"
                      + " virtual disk the block-size of its disks, which is the same on all of"
                      + " them, or name another node in the groups")
                  .formatted(named(link), usage.blockSizeBytes(), plan.blockSizeBytes())));
      return;
    }
    long extents = usage.sizeBytes() / usage.extentBytes();
    long needed = wanted.size() * perMember(usage);
    if (needed > extents) {
      answered(
          new Verdict.Impossible(
              ("%s is too small: %s; it has %d. Make the virtual disk smaller, or name a larger"
                      + " node in the groups")
                  .formatted(named(link), need(wanted.size(), usage), extents)));
    } else if (needed <= free(usage)) {
      answered(new Verdict.Enough());
    } else {
      var look = new Allocated(link, wanted, usage);
      wanted.forEach(look::ask);
    }
  }

  /** How many of the members have their space already, from an attempt that was cut short. */
  private final class Allocated {

    private final DiskNodeLink link;
    private final List<UUID> wanted;
    private final DiskReply usage;
    private int asked;
    private int there;
    private boolean silent;

    Allocated(DiskNodeLink link, List<UUID> wanted, DiskReply usage) {
      this.link = link;
      this.wanted = wanted;
      this.usage = usage;
      asked = wanted.size();
    }

    void ask(UUID disk) {
      if (!link.isLive()) {
        answered(disk, null);
        return;
      }
      link.client()
          .ask(
              DiskRequest.list(before(disk)),
              ANSWER_LIMIT_NANOS,
              outcome -> answered(disk, reply(outcome)));
    }

    private void answered(UUID disk, DiskReply list) {
      List<LogicalDiskInfo> found = list == null ? null : LogicalDiskInfo.decode(list.body());
      if (found == null) {
        silent = true;
      } else if (!found.isEmpty() && found.getFirst().disk().equals(disk)) {
        there++;
      }
      if (--asked == 0) {
        RoomCheck.this.answered(verdict());
      }
    }

    private Verdict verdict() {
      if (silent) {
        return new Verdict.NotKnown();
      }
      long missing = (wanted.size() - there) * perMember(usage);
      return missing <= free(usage)
          ? new Verdict.Enough()
          : new Verdict.Impossible(
              ("%s has too little free space: %s; %d of its %d are free. Make the virtual disk"
                      + " smaller, free space there, or name another node in the groups")
                  .formatted(
                      named(link),
                      need(wanted.size() - there, usage),
                      free(usage),
                      usage.sizeBytes() / usage.extentBytes()));
    }
  }

  private void answered(Verdict told) {
    if (verdict instanceof Verdict.Enough || told instanceof Verdict.Impossible) {
      verdict = told;
    }
    if (--left == 0) {
      done.accept(verdict);
    }
  }

  private long perMember(DiskReply usage) {
    return Math.ceilDiv(neededBytes, usage.extentBytes());
  }

  private static long free(DiskReply usage) {
    return usage.freeBytes() / usage.extentBytes();
  }

  private String need(int members, DiskReply usage) {
    return "%d extents of %d bytes are needed for members of %d bytes"
        .formatted(members * perMember(usage), usage.extentBytes(), neededBytes);
  }

  private static String named(DiskNodeLink link) {
    return "node " + link.node() + " at " + link.address();
  }

  private static DiskReply reply(NodeOutcome<DiskReply> outcome) {
    return outcome instanceof NodeOutcome.Replied<DiskReply>(UUID store, DiskReply reply)
            && reply.result() == EntryResult.DONE
        ? reply
        : null;
  }

  /** The identifier behind which {@code disk} comes first. */
  private static UUID before(UUID disk) {
    long low = disk.getLeastSignificantBits();
    long high = disk.getMostSignificantBits();
    return new UUID(low == 0 ? high - 1 : high, low - 1);
  }
}
