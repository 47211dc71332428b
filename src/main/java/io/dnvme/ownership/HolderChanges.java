package io.dnvme.ownership;

import io.dnvme.disk.admission.Epoch;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * The holders of a leg for one term of ownership: changes them, one change after another, and tells
 * those that are none, or did not become any (RECORD).
 *
 * <pre>
 *   owned ─► the record names both sets ─► changing ─► telling those that are no holders
 *        └─► it names one ─► telling ◄──────────┴──── asked to change ◄────────┘
 * </pre>
 *
 * Who is no holder is told when each who is one has the record: until then the leg's record would
 * be kept by fewer than it names, and those who have it were to be told to show it no more.
 *
 * <p>Owned by one reactor.
 */
final class HolderChanges {

  /** The leg's ownership. */
  interface Leg {

    /** The record as it is known. */
    LegRecord record();

    /**
     * Whether each of its holders has it, or promised another's epoch; {@link #recordIsEverywhere}
     * is told when that comes to be so.
     */
    boolean isEverywhere();

    /** Begins when no other change is under way; none is until {@link #finish}. */
    void enqueue(Runnable begin, Consumer<ChangeOutcome> done);

    void finish(ChangeOutcome outcome);

    /** As {@link HolderChange.Owner#propose}. */
    void propose(LegRecord next, Runnable known, Runnable lost);

    /** Another controller's epoch is higher. */
    void lost();

    /** A store promised that epoch. */
    void seen(Epoch promised);

    /** Stores promised epochs up to that one: with a higher one of its own they are of use. */
    void outbid(Epoch highest);
  }

  private final OwnershipPorts ports;
  private final Lease lease;
  private final LeaseRenewals renewals;
  private final Leg leg;
  private final Set<UUID> dismissed = new LinkedHashSet<>();

  /** To be told when all who take their place have the record. */
  private final Set<UUID> toDismiss = new LinkedHashSet<>();

  /** Those that are to be told by the owner of an epoch that is higher than they promised. */
  private final Set<UUID> strays = new LinkedHashSet<>();

  private HolderDismissal dismissal;
  private One current;
  private boolean over;

  HolderChanges(OwnershipPorts ports, Lease lease, LeaseRenewals renewals, Leg leg) {
    this.ports = ports;
    this.lease = lease;
    this.renewals = renewals;
    this.leg = leg;
    dismissal = newDismissal();
  }

  /** At the beginning of the term: what an earlier owner left half-way. */
  void finishEarlier() {
    if (leg.record().changesHolders()) {
      begin(leg.record().nextHolders(), any -> {}).goOn();
    }
  }

  /** How far the change has come, or null where there is none. */
  HolderStep step() {
    return current == null ? null : current.change.step();
  }

  void change(List<Holder> next, Consumer<ChangeOutcome> done) {
    String reason = refusal(next);
    if (reason != null) {
      done.accept(new ChangeOutcome.Refused(reason));
    } else {
      begin(next, done).start();
    }
  }

  private String refusal(List<Holder> next) {
    if (current != null) {
      return "the holders are being changed already";
    }
    if (next.isEmpty()) {
      return "a record has 1, 3 or 5 holders";
    }
    LegRecord record = leg.record();
    try {
      return RecordTransition.refusal(record, record.withNextHolders(next)).orElse(null);
    } catch (IllegalArgumentException e) {
      return e.getMessage();
    }
  }

  private HolderChange begin(List<Holder> next, Consumer<ChangeOutcome> done) {
    // Who is told to leave may be asked to join: not both.
    dismissal.stop();
    dismissed.clear();
    toDismiss.clear();
    current = new One(next, done);
    return current.change;
  }

  /** As {@link LegOwnership#dismiss}. */
  void dismiss(Collection<UUID> stores) {
    if (current == null) {
      toDismiss.addAll(stores);
      recordIsEverywhere();
    }
  }

  /** Perhaps: nobody is told before, for as long as it is not so they have what others lack. */
  void recordIsEverywhere() {
    if (current == null && !toDismiss.isEmpty() && leg.isEverywhere()) {
      toDismiss.removeAll(leg.record().quorum().all());
      toDismiss.removeAll(strays);
      List<UUID> told = List.copyOf(toDismiss);
      toDismiss.clear();
      dismissal.tell(told);
    }
  }

  Set<UUID> dismissed() {
    return Collections.unmodifiableSet(dismissed);
  }

  private HolderDismissal newDismissal() {
    return new HolderDismissal(ports, leg::record, dismissed::add, this::strayed);
  }

  private void strayed(UUID store, Epoch promised) {
    strays.add(store);
    // A stranger's word must not be what no later claim can be higher than.
    if (promised.number() < Epoch.MAX_NUMBER) {
      leg.seen(promised);
    }
  }

  /** The term is over, at this record, and its lease was released. */
  void end(LegRecord last, String reason) {
    over = true;
    dismissal.stop();
    if (current == null) {
      return;
    }
    current.change.stop();
    if (!current.change.wasAskedFor()) {
      leaveOnce(last, current.change.next());
    }
    if (!current.queued) {
      current.over(new ChangeOutcome.Refused(reason));
    }
  }

  /** Who does not hear it is told by the next owner. */
  private void leaveOnce(LegRecord record, Set<UUID> joined) {
    var leave = new HolderRequest.Leave(record.leg(), record.epoch(), record.generation() + 1);
    for (UUID store : joined) {
      if (!record.names(store)) {
        ports.link().send(store, List.of(leave), any -> {});
      }
    }
  }

  /** One change, and what it does to the record. */
  private final class One implements HolderChange.Owner {
    private final HolderChange change;
    private final Consumer<ChangeOutcome> done;
    private final Set<UUID> involved;
    private boolean queued;

    One(List<Holder> next, Consumer<ChangeOutcome> done) {
      this.done = done;
      involved = leg.record().quorum().all();
      change = new HolderChange(ports, lease, renewals, next, this);
      involved.addAll(change.next());
    }

    @Override
    public LegRecord record() {
      return leg.record();
    }

    @Override
    public void whenItsTurn(Runnable begin) {
      queued = true;
      leg.enqueue(begin, this::over);
    }

    @Override
    public void propose(LegRecord next, Runnable known, Runnable lost) {
      leg.propose(next, known, lost);
    }

    @Override
    public void lost() {
      leg.lost();
    }

    @Override
    public void outbid(Epoch highest) {
      leg.outbid(highest);
    }

    @Override
    public void ended(ChangeOutcome outcome) {
      if (queued) {
        leg.finish(outcome);
      } else {
        over(outcome);
      }
    }

    private void over(ChangeOutcome outcome) {
      current = null;
      if (!over) {
        dismissal = newDismissal();
        dismiss(involved);
      }
      done.accept(outcome);
    }
  }
}
