package io.dnvme.agent.leg;

import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.nvme.vendor.LogicalDiskInfo;
import io.dnvme.nvme.vendor.NodeIdentity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Asks a node which logical disks of a leg it has. Lives on the controller's home reactor. */
final class LogicalDiskSearch {

  private static final long ANSWER_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final DiskNodeLink node;
  private final UUID leg;
  private final Consumer<Optional<List<LogicalDiskInfo>>> done;
  private final List<LogicalDiskInfo> found = new ArrayList<>();

  private LogicalDiskSearch(
      DiskNodeLink node, UUID leg, Consumer<Optional<List<LogicalDiskInfo>>> done) {
    this.node = node;
    this.leg = leg;
    this.done = done;
  }

  /**
   * @param done told what it has of the leg; empty where that is not known
   */
  static void start(DiskNodeLink node, UUID leg, Consumer<Optional<List<LogicalDiskInfo>>> done) {
    new LogicalDiskSearch(node, leg, done).ask(DiskRequest.NONE);
  }

  private void ask(UUID behind) {
    if (!node.isLive()) {
      done.accept(Optional.empty());
    } else if (!node.identity().has(NodeIdentity.HAS_LOGICAL_DISKS)) {
      done.accept(Optional.of(List.of()));
    } else {
      node.client().ask(DiskRequest.list(behind), ANSWER_LIMIT_NANOS, this::answered);
    }
  }

  private void answered(NodeOutcome<DiskReply> outcome) {
    if (outcome instanceof NodeOutcome.Replied<DiskReply>(UUID store, DiskReply reply)
        && reply.result() == EntryResult.DONE
        && !reply.bodyOmitted()
        && LogicalDiskInfo.decode(reply.body()) instanceof List<LogicalDiskInfo> some
        && !(some.isEmpty() && reply.more())) {
      some.stream().filter(disk -> disk.leg().equals(leg)).forEach(found::add);
      if (reply.more()) {
        ask(some.getLast().disk());
      } else {
        done.accept(Optional.of(List.copyOf(found)));
      }
    } else {
      done.accept(Optional.empty());
    }
  }
}
