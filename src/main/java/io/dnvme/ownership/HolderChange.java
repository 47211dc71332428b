package io.dnvme.ownership;

import io.dnvme.block.Timers;
import io.dnvme.ownership.HolderRequest.Knowledge;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Moves a leg's record to other holders (RECORD).
 *
 * <pre>
 *   JOINING ───────► CONFIRMING ───────► BOTH ───────────────► NEXT ───────────────► known
 *      │ a majority      │ their majority  │ a record that names  │ a record that names
 *      │ of the next     │ confirmed the   │ both sets is chosen  │ the next ones is chosen
 *      │ ones promised   │ lease as well   │ by both majorities   │ by theirs
 *      └── time is over ─┴──► refused      └────── epoch over ────┴──► lost
 * </pre>
 *
 * The lease needs both majorities from before the first record is asked for until it is known, for
 * from then on a claimant may have seen either. After it is known every claimant finds it or the
 * next, and both need a majority of the next set: that one suffices. An owner whose claim found a
 * record that names both sets goes on at NEXT. Retired holders get a tombstone when the last record
 * is known, not before: as long as it is not, they vote.
 *
 * <p>Owned by one reactor. Its owner changes nothing else meanwhile.
 */
final class HolderChange {

  private final OwnershipPorts ports;
  private final Lease lease;
  private final LeaseRenewals renewals;
  private final LegRecord from;
  private final List<Holder> next;
  private final BiConsumer<LegRecord, Consumer<LegRecord>> propose;
  private final Consumer<ChangeOutcome> done;
  private final Set<UUID> joined = new HashSet<>();
  private HolderRound joining;
  private Timers.Timer deadline;
  private Timers.Timer poll;
  private boolean confirming;

  /**
   * @param next the holders to be; the record's own next ones where it names any
   * @param propose has a record chosen and hands it back when that is known; never, when the epoch
   *     is lost before
   */
  HolderChange(
      OwnershipPorts ports,
      Lease lease,
      LeaseRenewals renewals,
      LegRecord from,
      List<Holder> next,
      BiConsumer<LegRecord, Consumer<LegRecord>> propose,
      Consumer<ChangeOutcome> done) {
    this.ports = ports;
    this.lease = lease;
    this.renewals = renewals;
    this.from = from;
    this.next = next;
    this.propose = propose;
    this.done = done;
  }

  void start() {
    if (from.changesHolders()) {
      dropOld(from);
      return;
    }
    deadline = ports.timers().schedule(ports.options().attemptNanos(), this::giveUp);
    var request =
        new HolderRequest.Promise(
            from.leg(), lease.epoch(), Knowledge.JOIN, from.generation() + 1, from.leaseMs());
    joining = new HolderRound(ports, holder -> request, this::joined);
    joining.ask(nextQuorum().current());
  }

  /** The epoch is over; nothing is told. */
  void stop() {
    cancelTimers();
    if (joining != null) {
      joining.stop();
    }
  }

  private Quorum nextQuorum() {
    return Quorum.of(next, List.of());
  }

  private void joined(UUID holder, HolderReply reply) {
    if (!(reply instanceof HolderReply.Promised)) {
      return;
    }
    joining.settled(holder);
    joined.add(holder);
    if (!confirming && nextQuorum().reachedBy(joined::contains)) {
      confirming = true;
      lease.renewAlso(nextQuorum().current());
      renewals.renewNow(lease);
      waitForConfirmations();
    }
  }

  private void waitForConfirmations() {
    poll = null;
    LegRecord both = from.withNextHolders(next);
    Quorum needed = ports.quorumOf(both);
    if (!lease.wouldHold(needed)) {
      poll = ports.timers().schedule(ports.options().retryNanos() / 4, this::waitForConfirmations);
      return;
    }
    stop();
    lease.count(needed);
    propose.accept(both, this::dropOld);
  }

  private void dropOld(LegRecord both) {
    lease.count(nextQuorum());
    propose.accept(both.withoutOldHolders(), this::retireOld);
  }

  private void retireOld(LegRecord last) {
    var old = new LinkedHashSet<>(from.quorum().current());
    old.removeAll(last.quorum().current());
    retire(old, last);
    done.accept(new ChangeOutcome.Known(last));
  }

  /** Nothing was asked of the old holders. Those that joined promised, and know nothing else. */
  private void giveUp() {
    stop();
    lease.renewAlso(Set.of());
    done.accept(new ChangeOutcome.Refused("too few of the next holders promise and confirm"));
  }

  /** Told once; one that does not hear it votes in no set any more, and only shows no way. */
  private void retire(Set<UUID> old, LegRecord successors) {
    var request =
        new HolderRequest.Retire(
            from.leg(), lease.epoch(), successors.generation(), successors.holders());
    for (UUID holder : old) {
      ports.link().send(holder, List.of(request), any -> {});
    }
  }

  private void cancelTimers() {
    if (deadline != null) {
      deadline.cancel();
    }
    if (poll != null) {
      poll.cancel();
    }
  }
}
