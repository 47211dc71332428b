package io.dnvme.ownership;

import io.dnvme.block.Timers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * Renews all leases of a controller: four times in each L one message to each holder node, for all
 * its legs at once (LEASE). What is asked late is confirmed late; nothing here is repeated, because
 * the next message is. A leg whose reactor makes no progress is left out. Owned by one reactor.
 */
public final class LeaseRenewals {

  /** Messages to one holder in each L. */
  static final int PER_LEASE = 4;

  /** What becomes of one lease's renewals. */
  interface Listener {

    void confirmed(UUID holder);

    /** It was answered otherwise. */
    void notConfirmed(UUID holder, HolderReply reply);
  }

  private record Entry(Lease lease, BooleanSupplier progressing, Listener listener) {}

  private final OwnershipPorts ports;
  private final Map<Lease, Entry> entries = new LinkedHashMap<>();
  private Timers.Timer timer;
  private long dueNanos;
  private long messages;
  private long renewals;

  public LeaseRenewals(OwnershipPorts ports) {
    this.ports = ports;
  }

  /** Messages sent since the start. */
  public long messages() {
    return messages;
  }

  /** Renewals in those messages. */
  public long renewals() {
    return renewals;
  }

  /**
   * Renews {@code lease} from now on, at once first.
   *
   * @param progressing whether the leg's reactor has done anything since it was asked last
   */
  void add(Lease lease, BooleanSupplier progressing, Listener listener) {
    var entry = new Entry(lease, progressing, listener);
    entries.put(lease, entry);
    send(List.of(entry));
    // Sooner, never later: legs that are claimed one after another must not hold up the others'.
    long dueInNanos = lease.leaseNanos() / PER_LEASE;
    if (timer == null || ports.clock().nanos() + dueInNanos - dueNanos < 0) {
      schedule(dueInNanos);
    }
  }

  /** Asks now, beside the regular messages: its holders are others than before. */
  void renewNow(Lease lease) {
    Entry entry = entries.get(lease);
    if (entry != null) {
      send(List.of(entry));
    }
  }

  void remove(Lease lease) {
    entries.remove(lease);
  }

  private void scheduleNext() {
    timer = null;
    long shortest = Long.MAX_VALUE;
    for (Entry entry : entries.values()) {
      shortest = Math.min(shortest, entry.lease().leaseNanos());
    }
    if (!entries.isEmpty()) {
      schedule(shortest / PER_LEASE);
    }
  }

  private void schedule(long dueInNanos) {
    if (timer != null) {
      timer.cancel();
    }
    dueNanos = ports.clock().nanos() + dueInNanos;
    timer = ports.timers().schedule(dueInNanos, this::renewAll);
  }

  private void renewAll() {
    // First: whatever fails below costs one turn, and not all leases.
    scheduleNext();
    var progressing = new ArrayList<Entry>(entries.size());
    for (Entry entry : entries.values()) {
      if (entry.progressing().getAsBoolean()) {
        progressing.add(entry);
      }
    }
    send(progressing);
  }

  private void send(List<Entry> due) {
    Map<UUID, List<Entry>> byHolder = new LinkedHashMap<>();
    for (Entry entry : due) {
      for (UUID holder : entry.lease().holders()) {
        byHolder.computeIfAbsent(holder, any -> new ArrayList<>()).add(entry);
      }
    }
    byHolder.forEach((holder, all) -> {
      for (int from = 0; from < all.size(); from += HolderRequest.MAX_BATCH) {
        int to = Math.min(from + HolderRequest.MAX_BATCH, all.size());
        sendMessage(holder, all.subList(from, to));
      }
    });
  }

  private void sendMessage(UUID holder, List<Entry> batch) {
    List<HolderRequest> requests = batch.stream().map(entry -> entry.lease().renewal()).toList();
    messages++;
    renewals += requests.size();
    long askedNanos = ports.clock().nanos();
    ports.link().send(holder, requests, replies -> answered(holder, batch, replies, askedNanos));
  }

  private void answered(
      UUID holder, List<Entry> batch, List<HolderReply> replies, long whenAskedNanos) {
    if (replies.size() != batch.size()) {
      return;
    }
    long askedNanos =
        ports.has(PlantedBug.COUNT_LEASE_FROM_REPLY) ? ports.clock().nanos() : whenAskedNanos;
    for (int i = 0; i < replies.size(); i++) {
      Entry entry = batch.get(i);
      if (entries.get(entry.lease()) == entry) {
        answered(entry, holder, replies.get(i), askedNanos);
      }
    }
  }

  private void answered(Entry entry, UUID holder, HolderReply reply, long askedNanos) {
    boolean confirmed =
        reply instanceof HolderReply.Confirmed confirmation
            && confirmation.leg().equals(entry.lease().leg())
            && confirmation.epoch().equals(entry.lease().epoch());
    if (confirmed
        || reply instanceof HolderReply.Unknown && ports.has(PlantedBug.COUNT_UNKNOWN_LEG)) {
      entry.lease().confirmed(holder, askedNanos);
      entry.listener().confirmed(holder);
    } else {
      entry.listener().notConfirmed(holder, reply);
    }
  }
}
