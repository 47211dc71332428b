package io.dnvme.ownership;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Gathers what one turn of the reactor sends to one holder into one message, so that claims of a
 * hundred legs cost a holder one flush and not a hundred (RECORD). Renewals go in messages of their
 * own: what is answered after a flush must not hold them up (LEASE). Owned by the reactor.
 */
public final class BatchedLink implements HolderLink {

  private record Part(List<HolderRequest> requests, Consumer<List<HolderReply>> answer) {}

  private final HolderLink link;
  private final Executor reactor;
  private Map<UUID, List<Part>> gathered = new LinkedHashMap<>();
  private Map<UUID, List<Part>> renewals = new LinkedHashMap<>();

  /**
   * @param reactor runs what it is given after the present turn, on the same thread
   */
  public BatchedLink(HolderLink link, Executor reactor) {
    this.link = link;
    this.reactor = reactor;
  }

  @Override
  public void send(UUID holder, List<HolderRequest> batch, Consumer<List<HolderReply>> answer) {
    if (gathered.isEmpty() && renewals.isEmpty()) {
      reactor.execute(this::sendGathered);
    }
    boolean renews = batch.stream().allMatch(HolderRequest.Renew.class::isInstance);
    (renews ? renewals : gathered)
        .computeIfAbsent(holder, any -> new ArrayList<>())
        .add(new Part(batch, answer));
  }

  @Override
  public boolean answersAll() {
    return link.answersAll();
  }

  private void sendGathered() {
    Map<UUID, List<Part>> turn = gathered;
    Map<UUID, List<Part>> turnsRenewals = renewals;
    gathered = new LinkedHashMap<>();
    renewals = new LinkedHashMap<>();
    turnsRenewals.forEach(this::sendParts);
    turn.forEach(this::sendParts);
  }

  private void sendParts(UUID holder, List<Part> parts) {
    var message = new ArrayList<Part>();
    int size = 0;
    for (Part part : parts) {
      if (size + part.requests().size() > HolderRequest.MAX_BATCH) {
        sendMessage(holder, message);
        message = new ArrayList<>();
        size = 0;
      }
      message.add(part);
      size += part.requests().size();
    }
    sendMessage(holder, message);
  }

  private void sendMessage(UUID holder, List<Part> parts) {
    if (parts.isEmpty()) {
      return;
    }
    var requests = new ArrayList<HolderRequest>();
    parts.forEach(part -> requests.addAll(part.requests()));
    link.send(holder, requests, replies -> distribute(parts, requests.size(), replies));
  }

  private static void distribute(List<Part> parts, int requests, List<HolderReply> replies) {
    boolean complete = replies.size() == requests;
    int from = 0;
    for (Part part : parts) {
      int to = from + part.requests().size();
      part.answer().accept(complete ? replies.subList(from, to) : List.of());
      from = to;
    }
  }
}
