package io.dnvme.ownership;

import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.HolderReply.Reason;
import io.dnvme.ownership.HolderRequest.Knowledge;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * What an owner makes of what its holders answer to renewals, for one term (RECORD, LEASE). Who
 * missed this epoch's promise, because it was down during the claim, promises now and gets the
 * record: one after the other, for on a slow disk each takes longer than the renewals that ask for
 * it. Who promised a higher one is of no use, and the term is over where too many did.
 *
 * <p>Owned by one reactor.
 */
final class HolderCatchUp implements LeaseRenewals.Listener {

  /** The leg's ownership. */
  interface Leg {

    /** The record as it is known. */
    LegRecord record();

    /** The one that was asked for last, known or not. */
    LegRecord newestAsked();

    /** A holder promised that epoch. */
    void seen(Epoch promised);

    /** Too many holders promised it, or others as high. */
    void lost(Epoch promised);
  }

  private final OwnershipPorts ports;
  private final Lease lease;
  private final Leg leg;

  /** Those that promised a higher epoch. */
  private final Set<UUID> refusing = new HashSet<>();

  private final Map<UUID, Long> caughtUpNanos = new HashMap<>();

  /** Those that have not answered the last promise or record yet. */
  private final Set<UUID> underWay = new HashSet<>();

  private boolean over;

  HolderCatchUp(OwnershipPorts ports, Lease lease, Leg leg) {
    this.ports = ports;
    this.lease = lease;
    this.leg = leg;
  }

  /** The term is over. */
  void stop() {
    over = true;
  }

  @Override
  public void confirmed(UUID holder) {
    refusing.remove(holder);
  }

  @Override
  public void notConfirmed(UUID holder, HolderReply reply) {
    switch (reply) {
      case HolderReply.Refused refusal when refusal.reason() == Reason.NOT_PROMISED ->
          catchUp(holder);
      case HolderReply.Refused refusal -> refusedBy(holder, refusal.promised());
      case HolderReply.Unknown unknown -> catchUp(holder);
      case HolderReply.Retired retired -> catchUp(holder);
      default -> {}
    }
  }

  private void refusedBy(UUID holder, Epoch promised) {
    leg.seen(promised);
    refusing.add(holder);
    if (!lease.quorum().reachedBy(other -> !refusing.contains(other))) {
      leg.lost(promised);
    }
  }

  private void catchUp(UUID holder) {
    long nowNanos = ports.clock().nanos();
    Long before = caughtUpNanos.get(holder);
    LegRecord asked = leg.newestAsked();
    if (!asked.names(holder)
        || before != null && nowNanos - before < ports.options().retryNanos()
        || underWay.contains(holder) && ports.link().answersAll()) {
      return;
    }
    caughtUpNanos.put(holder, nowNanos);
    underWay.add(holder);
    var promise =
        new HolderRequest.Promise(
            asked.leg(), lease.epoch(), Knowledge.JOIN, asked.generation(), asked.leaseMs());
    ports.link().send(holder, List.of(promise), replies -> promised(holder, replies));
  }

  private void promised(UUID holder, List<HolderReply> replies) {
    if (!over
        && replies.size() == 1
        && replies.get(0) instanceof HolderReply.Promised
        && leg.newestAsked().names(holder)) {
      var accept = new HolderRequest.Accept(leg.record());
      ports.link().send(holder, List.of(accept), any -> underWay.remove(holder));
    } else {
      underWay.remove(holder);
    }
  }
}
