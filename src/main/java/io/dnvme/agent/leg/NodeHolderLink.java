package io.dnvme.agent.leg;

import io.dnvme.agent.record.RecordMessages;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.vendor.RecordReply;
import io.dnvme.ownership.HolderLink;
import io.dnvme.ownership.HolderReply;
import io.dnvme.ownership.HolderRequest;
import io.dnvme.ownership.OwnershipOptions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The way to record holders over the associations with their nodes. A holder is its store: an
 * answer of another store is none (RECORD). Lives on the controller's home reactor.
 */
final class NodeHolderLink implements HolderLink {

  /** What is asked at once is worth nothing later; a renewal, for one, is of a lease. */
  private static final long ANSWER_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** What a holder writes is answered when its disk has it. */
  private static final long WRITE_LIMIT_NANOS = OwnershipOptions.SLOW_STEP_NANOS;

  private final Collection<DiskNodeLink> nodes;

  NodeHolderLink(Collection<DiskNodeLink> nodes) {
    this.nodes = nodes;
  }

  @Override
  public void send(UUID holder, List<HolderRequest> batch, Consumer<List<HolderReply>> answer) {
    DiskNodeLink link = find(holder);
    if (link == null) {
      answer.accept(List.of());
      return;
    }
    link.client()
        .askAll(
            batch.stream().map(RecordMessages::encode).toList(),
            batch.stream().anyMatch(NodeHolderLink::isWritten)
                ? WRITE_LIMIT_NANOS
                : ANSWER_LIMIT_NANOS,
            outcomes -> {
              List<HolderReply> replies = new ArrayList<>(outcomes.size());
              for (int i = 0; i < outcomes.size(); i++) {
                replies.add(reply(holder, batch.get(i), outcomes.get(i)));
              }
              answer.accept(replies);
            });
  }

  /** An association loses nothing, and its end is told. */
  @Override
  public boolean answersAll() {
    return true;
  }

  private static boolean isWritten(HolderRequest request) {
    return !(request instanceof HolderRequest.Read
        || request instanceof HolderRequest.Renew
        || request instanceof HolderRequest.Release);
  }

  private DiskNodeLink find(UUID holder) {
    for (DiskNodeLink link : nodes) {
      if (link.isLive() && link.identity().store().equals(holder)) {
        return link;
      }
    }
    return null;
  }

  private static HolderReply reply(
      UUID holder, HolderRequest request, NodeOutcome<RecordReply> outcome) {
    return outcome instanceof NodeOutcome.Replied<RecordReply>(UUID store, RecordReply reply)
            && store.equals(holder)
        ? RecordMessages.decode(request, reply)
        : new HolderReply.Unavailable(request.leg());
  }
}
