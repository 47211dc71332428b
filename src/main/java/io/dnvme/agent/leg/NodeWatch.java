package io.dnvme.agent.leg;

import io.dnvme.block.Reactor;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.nvme.vendor.LegList;
import io.dnvme.nvme.vendor.RecordReply;
import io.dnvme.nvme.vendor.RecordRequest;
import io.dnvme.ownership.HolderWatch;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Hears from record holders which legs are free that this controller waits for: one question stands
 * at each holder's node, however many legs there are, and is asked anew whenever it is answered:
 * after a while where that came early and brought nothing. None stands while nothing is waited for.
 * Lives on the controller's home reactor.
 */
final class NodeWatch implements HolderWatch {

  /**
   * For which a question stands: an association that ends, and a node that stops, wait for its
   * answer.
   */
  private static final long STANDS_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** One that is answered sooner, and with nothing, is not asked anew at once. */
  private static final long EARLY_NANOS = STANDS_NANOS / 2;

  private static final long ANSWER_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final class Node {
    final DiskNodeLink link;
    boolean asked;
    boolean silent;

    Node(DiskNodeLink link) {
      this.link = link;
    }

    boolean covers(UUID holder) {
      return asked && link.isLive() && link.identity().store().equals(holder);
    }

    void ask() {
      if (asked || silent || listeners.isEmpty() || !link.isLive()) {
        return;
      }
      asked = true;
      long askedNanos = home.clock().nanos();
      link.client()
          .ask(
              RecordRequest.await(STANDS_NANOS),
              ANSWER_LIMIT_NANOS,
              outcome -> answered(outcome, home.clock().nanos() - askedNanos));
    }

    private void answered(NodeOutcome<RecordReply> outcome, long afterNanos) {
      asked = false;
      if (outcome instanceof NodeOutcome.Replied<RecordReply>(UUID store, RecordReply reply)
          && reply.result() == EntryResult.DONE
          && LegList.decode(reply.body()) instanceof List<UUID> free
          && !(free.isEmpty() && afterNanos < EARLY_NANOS)) {
        // First: who asks again because of the answer is covered.
        ask();
        free.forEach(leg -> told(leg, store));
      } else {
        silent = true;
        home.timers()
            .schedule(
                AGAIN_NANOS,
                () -> {
                  silent = false;
                  ask();
                });
      }
    }
  }

  private final Reactor home;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<UUID, Listener> listeners = new LinkedHashMap<>();

  NodeWatch(Reactor home, Collection<DiskNodeLink> links) {
    this.home = home;
    for (DiskNodeLink link : links) {
      var node = new Node(link);
      nodes.add(node);
      // It may have been started anew, and know nothing of what is waited for.
      link.whenLive(() -> {
        node.ask();
        askAgain();
      });
    }
  }

  @Override
  public boolean covers(UUID holder) {
    for (Node node : nodes) {
      if (node.covers(holder)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void add(UUID leg, Listener listener) {
    listeners.put(leg, listener);
    nodes.forEach(Node::ask);
  }

  @Override
  public void remove(UUID leg, Listener listener) {
    listeners.remove(leg, listener);
  }

  private void told(UUID leg, UUID holder) {
    Listener listener = listeners.get(leg);
    if (listener != null) {
      listener.free(holder);
    }
  }

  private void askAgain() {
    List.copyOf(listeners.values()).forEach(Listener::askAgain);
  }
}
