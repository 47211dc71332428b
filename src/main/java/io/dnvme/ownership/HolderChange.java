package io.dnvme.ownership;

import io.dnvme.block.Timers;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.HolderReply.Reason;
import io.dnvme.ownership.HolderRequest.Knowledge;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * Moves a leg's record to other holders (RECORD).
 *
 * <pre>
 *   JOINING ───────► CONFIRMING ─────► WAITING ─────► BOTH ───────────────► NEXT ─────────► known
 *      │ all new ones, a │ they confirm   │ no other     │ a record that       │ a record that
 *      │ majority of all │ the lease      │ change is    │ names both sets is  │ names the next
 *      │ promised        │ steadily       │ under way    │ chosen by both      │ ones is chosen
 *      │                 │                │              │ majorities          │ by theirs
 *      │                 │                │              ├─ not in time ─► BACK: a record that
 *      └── not in time ──┴────────────────┴─► refused ◄──┼─────────────────┘    names the old ones
 *      │                                                 └─── epoch over ──► lost
 *      └── nothing is missing but some that promised a higher epoch ──► outbid
 * </pre>
 *
 * <p><b>Nobody is disturbed.</b> Until BOTH, other changes are made as if there were none of the
 * holders. It is begun only while the next ones confirm the lease in time, for a while, so that
 * slow ones do not become holders.
 *
 * <p><b>Who promised a higher epoch</b>, or this one's number, to somebody who got no majority,
 * never joins at this epoch. Its owner has to claim the leg anew, with a higher number, as whoever
 * proposes has to who is outbid; that is a short while in which nobody is served. So it is not done
 * while something else keeps the change from being made.
 *
 * <p><b>Which holders the lease needs.</b> Before NEXT is asked for, every claimant needs a
 * majority of the old set, whichever record it finds: the one before BOTH, BOTH or BACK. So that
 * majority's confirmations suffice, though BOTH is in doubt and the next ones are slow or gone.
 * From before NEXT is asked for, a claimant may have found it, and needs a majority of the next
 * set; and one that finds BOTH, which is known, needs that too. So that majority suffices from then
 * on.
 *
 * <p><b>Who is asked for BOTH first.</b> The next holders, and the old ones when a majority of the
 * next has it ({@link RecordChange}). If the next ones are lost before, no old holder that is to be
 * none has BOTH, and a claimant goes on with the old ones alone ({@link HeldRecords}). What is said
 * here of majorities holds in any order.
 *
 * <p><b>Why it may be taken back.</b> As long as this epoch has not asked for NEXT, whoever finds
 * BOTH needs a majority of the old set, and finds BACK there, which only that majority chooses. An
 * earlier epoch may have asked for its own NEXT, and some holders may have it: but its BOTH is what
 * the claim of this epoch found, and a majority of the next set has accepted it again. Those keep
 * what they accepted when they are retired, and tell every claimant of it.
 *
 * <p>An owner whose claim found a record that names both sets goes on behind BOTH. Holders that are
 * no holders any more, or did not become any, are told when that is known, not before: as long as
 * it is not, they vote. Owned by one reactor.
 */
final class HolderChange {

  /** Its owner, which makes one change of the record at a time. */
  interface Owner {

    /** The record as it is known. */
    LegRecord record();

    /** Begins when no other change is under way; none is until the end is told. */
    void whenItsTurn(Runnable begin);

    /**
     * Has a record chosen in place of what was proposed before.
     *
     * @param known told when it is; never, when it is lost or replaced before
     * @param lost told when it cannot be
     */
    void propose(LegRecord next, Runnable known, Runnable lost);

    /** The epoch is over. */
    void lost();

    /** Some who are needed promised higher epochs: without a higher one there is no change. */
    void outbid(Epoch highest);

    /** Told once at the end, unless it is lost or stopped. */
    void ended(ChangeOutcome outcome);
  }

  /** The next holders have to confirm so well, at so many looks in so many parts of an L. */
  private static final int STEADY_LOOKS = 4;

  private static final int LOOKS_PER_LEASE = 8;

  private final OwnershipPorts ports;
  private final Lease lease;
  private final LeaseRenewals renewals;
  private final List<Holder> next;
  private final Quorum nextQuorum;

  /** Who is to become a holder and is none. */
  private final Set<UUID> newcomers;

  private final Owner owner;
  private final Set<UUID> joined = new HashSet<>();

  /** Those that promised a higher epoch. */
  private final Set<UUID> strays = new HashSet<>();

  /** Those that cannot begin to know one more leg. */
  private final Set<UUID> full = new LinkedHashSet<>();

  private Epoch highest = Epoch.NONE;
  private HolderStep step = HolderStep.JOINING;
  private HolderRound joining;
  private Timers.Timer deadline;
  private Timers.Timer look;
  private int steadyLooks;

  /** The record that names both sets, once it was asked for. */
  private LegRecord both;

  private boolean bothKnown;

  /**
   * @param next the holders to be; the record's own next ones where it names any
   */
  HolderChange(
      OwnershipPorts ports, Lease lease, LeaseRenewals renewals, List<Holder> next, Owner owner) {
    this.ports = ports;
    this.lease = lease;
    this.renewals = renewals;
    this.next = List.copyOf(next);
    this.owner = owner;
    nextQuorum = Quorum.of(next, List.of());
    newcomers = new LinkedHashSet<>(nextQuorum.current());
    newcomers.removeAll(Quorum.of(owner.record().holders(), List.of()).current());
  }

  /** Everybody who is a holder after it, or already. */
  Set<UUID> next() {
    return nextQuorum.current();
  }

  HolderStep step() {
    return step;
  }

  /** Whether any holder may have heard of a record that names the next ones. */
  boolean wasAskedFor() {
    return both != null;
  }

  /** From a record that names one set. */
  void start() {
    LegRecord from = owner.record();
    setDeadline(() -> refuse(tooFew()));
    var request =
        new HolderRequest.Promise(
            from.leg(), lease.epoch(), Knowledge.JOIN, from.generation() + 1, from.leaseMs());
    joining = new HolderRound(ports, holder -> request, this::joined);
    joining.ask(nextQuorum.current());
  }

  /** From a record that names both sets: an earlier owner's. */
  void goOn() {
    step = HolderStep.WAITING;
    owner.whenItsTurn(() -> {
      step = HolderStep.BOTH;
      both = owner.record();
      setDeadline(this::takeBack);
      lease.count(Quorum.of(both.holders(), List.of()));
      lease.renewAlso(nextQuorum.current());
      bothKnown();
    });
  }

  /** The epoch is over; nothing is told. */
  void stop() {
    cancelTimers();
    if (joining != null) {
      joining.stop();
    }
  }

  // ---- JOINING, CONFIRMING

  private void joined(UUID holder, HolderReply reply) {
    switch (reply) {
      case HolderReply.Promised any -> joined.add(holder);
      case HolderReply.Refused refusal when refusal.reason() == Reason.HIGHER_EPOCH -> {
        strays.add(holder);
        highest = refusal.promised().isHigherThan(highest) ? refusal.promised() : highest;
      }
      case HolderReply.Refused refusal when refusal.reason() == Reason.FULL -> {
        // Asked again: it may have room in a moment.
        full.add(holder);
        return;
      }
      default -> {
        return;
      }
    }
    full.remove(holder);
    joining.settled(holder);
    if (look != null) {
      return;
    }
    if (suffice(joined::contains)) {
      step = HolderStep.CONFIRMING;
      lease.renewAlso(nextQuorum.current());
      renewals.renewNow(lease);
      look();
    } else if (suffice(store -> joined.contains(store) || strays.contains(store))
        && !suffice(store -> !strays.contains(store))
        && highest.number() < Epoch.MAX_NUMBER) {
      owner.outbid(highest);
    }
  }

  private String tooFew() {
    return full.isEmpty()
        ? "too few of the next holders promise and confirm"
        : "next holders keep as many legs as they can: stores " + full;
  }

  /** Whether these make a set of holders of which none is so in name alone. */
  private boolean suffice(Predicate<UUID> has) {
    return nextQuorum.reachedBy(has) && newcomers.stream().allMatch(has);
  }

  private void look() {
    steadyLooks = nextConfirm() ? steadyLooks + 1 : 0;
    if (steadyLooks < STEADY_LOOKS) {
      look = ports.timers().schedule(lease.leaseNanos() / LOOKS_PER_LEASE, this::look);
    } else {
      stop();
      step = HolderStep.WAITING;
      owner.whenItsTurn(this::proposeBoth);
    }
  }

  /**
   * Whether the next holders' confirmations would do for the lease, and not just so: with those of
   * everybody who is new, for a record that names one who has nothing tolerates less than it seems.
   */
  private boolean nextConfirm() {
    for (UUID newcomer : newcomers) {
      if (!confirms(new Quorum(Set.of(newcomer), Set.of()))) {
        return false;
      }
    }
    return confirms(nextQuorum);
  }

  private boolean confirms(Quorum needed) {
    return lease.leftNanos(needed) >= lease.leaseNanos() / 2;
  }

  private void refuse(String reason) {
    stop();
    lease.renewAlso(Set.of());
    owner.ended(new ChangeOutcome.Refused(reason));
  }

  // ---- BOTH

  private void proposeBoth() {
    LegRecord from = owner.record();
    LegRecord proposed = from.withNextHolders(next);
    var refusal = RecordTransition.refusal(from, proposed);
    if (refusal.isPresent()) {
      refuse(refusal.get());
    } else if (!nextConfirm()) {
      refuse("the next holders do not confirm steadily");
    } else {
      step = HolderStep.BOTH;
      both = proposed;
      setDeadline(this::takeBack);
      owner.propose(both, this::bothKnown, this::takeBack);
    }
  }

  private void bothKnown() {
    bothKnown = true;
    if (nextConfirm()) {
      proposeNext();
    } else {
      look = ports.timers().schedule(lease.leaseNanos() / LOOKS_PER_LEASE, this::bothKnown);
    }
  }

  // ---- BACK

  private void takeBack() {
    cancelTimers();
    step = HolderStep.BACK;
    LegRecord back = both.withoutNextHolders();
    owner.propose(
        back,
        () -> {
          lease.renewAlso(Set.of());
          owner.ended(
              new ChangeOutcome.Refused(
                  bothKnown
                      ? "the next holders do not confirm any more"
                      : "too few holders accept the change"));
        },
        owner::lost);
  }

  // ---- NEXT

  private void proposeNext() {
    cancelTimers();
    step = HolderStep.NEXT;
    LegRecord last = both.withoutOldHolders();
    lease.count(nextQuorum);
    owner.propose(last, () -> owner.ended(new ChangeOutcome.Known(last)), owner::lost);
  }

  private void setDeadline(Runnable end) {
    deadline = ports.timers().schedule(ports.options().attemptNanos(), end);
  }

  private void cancelTimers() {
    if (deadline != null) {
      deadline.cancel();
    }
    if (look != null) {
      look.cancel();
    }
  }
}
