package io.dnvme.agent.leg;

import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Asks the disk nodes of a leg that is to be made whether their disks are large enough, before
 * anything is allocated on any (NO-LEAK). What is in use for something else does not count: it may
 * become free. Lives on the controller's home reactor.
 */
final class RoomCheck {

  private static final long ANSWER_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** What is known. */
  sealed interface Verdict {

    record Enough() implements Verdict {}

    /** A node does not answer. */
    record NotKnown() implements Verdict {}

    record TooSmall(String why) implements Verdict {}
  }

  private final long neededBytes;
  private final Consumer<Verdict> done;
  private Verdict verdict = new Verdict.Enough();
  private int left;

  private RoomCheck(long neededBytes, Consumer<Verdict> done) {
    this.neededBytes = neededBytes;
    this.done = done;
  }

  /**
   * Begins to ask.
   *
   * @param members ids of their disk nodes; one may be there for several groups
   * @param nodes disk nodes by id
   * @param neededBytes of each member
   * @param done told once, maybe within this call
   */
  static void start(
      List<UUID> members,
      Function<UUID, DiskNodeLink> nodes,
      long neededBytes,
      Consumer<Verdict> done) {
    Map<DiskNodeLink, Integer> links = new LinkedHashMap<>();
    members.forEach(member -> links.merge(nodes.apply(member), 1, Integer::sum));
    if (!links.keySet().stream().allMatch(DiskNodeLink::isLive)) {
      done.accept(new Verdict.NotKnown());
      return;
    }
    var check = new RoomCheck(neededBytes, done);
    check.left = links.size();
    links.forEach((link, count) ->
        link.client()
            .ask(
                DiskRequest.usage(),
                ANSWER_LIMIT_NANOS,
                outcome -> check.answered(link, count, outcome)));
  }

  private void answered(DiskNodeLink link, int count, NodeOutcome<DiskReply> outcome) {
    if (outcome instanceof NodeOutcome.Replied<DiskReply>(UUID store, DiskReply reply)
        && reply.result() == EntryResult.DONE
        && reply.extentBytes() > 0) {
      long extents = count * Math.ceilDiv(neededBytes, reply.extentBytes());
      if (extents > reply.sizeBytes() / reply.extentBytes()) {
        verdict =
            new Verdict.TooSmall(
                "node %s at %s is too small: %d members of %d bytes need %d extents of %d; it has %d"
                    .formatted(
                        link.node(),
                        link.address(),
                        count,
                        neededBytes,
                        extents,
                        reply.extentBytes(),
                        reply.sizeBytes() / reply.extentBytes()));
      }
    } else if (verdict instanceof Verdict.Enough) {
      verdict = new Verdict.NotKnown();
    }
    if (--left == 0) {
      done.accept(verdict);
    }
  }
}
