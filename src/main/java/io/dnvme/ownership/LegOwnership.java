package io.dnvme.ownership;

import io.dnvme.block.Backoff;
import io.dnvme.block.Timers;
import io.dnvme.disk.admission.Epoch;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * One controller and one leg (OWNER): claims it, keeps its lease, changes its record, gives it up.
 *
 * <pre>
 *           claim                   owned
 *   IDLE ──────────► CLAIMING ─────────────────► OWNER ──┐ release, or too many holders
 *    ▲                │     ▲                     │      │ promised a higher epoch
 *    │         failed │     │ after a while,      │      │
 *    │                │     │ or at once          │      │
 *    │                ▼     │                     │      │
 *    ├─release── BACKING_OFF ◄─ no usable member ─┘      │
 *    │                          (after a while), outbid  │
 *    │                          by a holder-to-be        │
 *    │                          (at once)                │
 *    └───────────────────────────────────────────────────┘
 * </pre>
 *
 * <p>An owner learns that another took its place from a majority's answers to renewals or to a
 * change of the record, or from a logical disk that admitted a higher epoch: each ends its term at
 * once. One whose lease is over and whose members are lost, too, does not wait to be told.
 *
 * <p>Changes are made one after another. While one is in doubt nothing else is proposed; it is
 * repeated until it is known or the epoch is lost. A holder that missed this epoch's promise is
 * asked for it later, with the record, when its answer to a renewal shows that. A change of the
 * holders that an earlier owner began is finished, or taken back, before anything else.
 *
 * <p>The epoch's numbers only grow: within this object each claim's is higher than all before, and
 * another process has another incarnation. So an epoch that was released or lost never serves
 * again.
 *
 * <p>Owned by one reactor, except {@link Lease#mayAnswer}.
 */
public final class LegOwnership {

  /** Changes that wait for their turn at most. */
  public static final int MAX_WAITING_CHANGES = 64;

  private static final long NEVER = -1;

  /** What it does. */
  public enum State {
    IDLE,
    CLAIMING,
    BACKING_OFF,
    OWNER
  }

  /** Is told what becomes of the leg here. */
  public interface Listener {

    /** The controller may serve it while {@link LegOwnership#mayAnswer}. */
    void owned(Claim.Outcome.Owned owned);

    /** It serves no more under that epoch; whether it claims again is the listener's to say. */
    void lost(String reason);

    /** An attempt failed; the next follows by itself. */
    default void claimFailed(String reason) {}
  }

  private final UUID leg;
  private final UUID controller;
  private final UUID incarnation;
  private final OwnershipPorts ports;
  private final LeaseRenewals renewals;
  private final Admissions admissions;
  private final BooleanSupplier progressing;
  private final Listener listener;
  private final Backoff backoff;
  private final Set<UUID> hints = new LinkedHashSet<>();
  private final ChangeQueue changes = new ChangeQueue(MAX_WAITING_CHANGES);

  private State state = State.IDLE;
  private LegRecord first;
  private long highestNumber;
  private Claim claim;
  private Lease lease;
  private LegRecord record;
  private RecordChange change;
  private HolderChanges holders;
  private HolderCatchUp catchUp;
  private Timers.Timer backoffTimer;
  private Timers.Timer withoutMember;

  /**
   * @param controller the controller node
   * @param incarnation of its process
   * @param hints the stores of holders known from elsewhere; they need not be holders any more
   * @param progressing whether the leg's reactor did anything since it was asked last (LEASE)
   */
  public LegOwnership(
      UUID leg,
      UUID controller,
      UUID incarnation,
      Collection<UUID> hints,
      OwnershipPorts ports,
      LeaseRenewals renewals,
      Admissions admissions,
      BooleanSupplier progressing,
      Listener listener) {
    this.leg = leg;
    this.controller = controller;
    this.incarnation = incarnation;
    this.ports = ports;
    this.renewals = renewals;
    this.admissions = admissions;
    this.progressing = progressing;
    this.listener = listener;
    this.hints.addAll(hints);
    backoff =
        new Backoff(
            ports.options().minBackoffNanos(), ports.options().maxBackoffNanos(), ports.random());
  }

  public State state() {
    return state;
  }

  /** How far its claim has come, or null where it makes none. */
  public Claim.State claimState() {
    return state == State.CLAIMING ? claim.state() : null;
  }

  /** The record as it is known, or null where it is not the owner. */
  public LegRecord record() {
    return record;
  }

  /** The epoch as whose owner it acts, or {@link Epoch#NONE}. */
  public Epoch epoch() {
    return lease == null ? Epoch.NONE : lease.epoch();
  }

  /** Whether a result that is at hand may be answered. For other threads, take the lease's. */
  public boolean mayAnswer() {
    return state == State.OWNER && lease.mayAnswer();
  }

  /** Tries to own the leg, until it does or is told to release it. */
  public void claim() {
    if (state == State.IDLE) {
      attempt();
    }
  }

  /**
   * As {@link #claim}, and creates the leg where no holder knows it.
   *
   * @param initial its first record; epoch and owner do not matter
   * @throws IllegalArgumentException where a leg cannot begin so
   */
  public void create(LegRecord initial) {
    RecordTransition.initialRefusal(initial)
        .ifPresent(reason -> {
          throw new IllegalArgumentException(reason);
        });
    first = initial;
    claim();
  }

  /** Stores that may be holders, known from elsewhere. */
  public void mayBeHolders(Collection<UUID> stores) {
    hints.addAll(stores);
  }

  /** Whether it would create the leg: it was told to, and has not seen a record since. */
  public boolean creates() {
    return first != null;
  }

  /** Gives up the leg or the claim: another controller need not wait for the lease. */
  public void release() {
    switch (state) {
      case IDLE -> {}
      case CLAIMING -> {
        keepFrom(claim);
        claim.cancel();
        state = State.IDLE;
      }
      case BACKING_OFF -> {
        backoffTimer.cancel();
        state = State.IDLE;
      }
      case OWNER -> giveUp("released");
    }
  }

  /**
   * Whether every group has an in-sync member that can be used. An owner that has none for a while,
   * or none and no right to answer, releases the leg and claims it again later (OWNER): who
   * admitted another's epoch cuts this one's connections, and that is after its lease (LEASE).
   */
  public void usable(boolean everyGroup) {
    if (everyGroup && withoutMember != null) {
      withoutMember.cancel();
      withoutMember = null;
    } else if (!everyGroup && withoutMember == null && state == State.OWNER) {
      awaitMember(ports.clock().nanos() + ports.options().withoutMemberNanos());
    }
  }

  private void awaitMember(long endNanos) {
    withoutMember = null;
    long leftNanos = Math.min(endNanos - ports.clock().nanos(), lease.leftNanos());
    if (leftNanos > 0) {
      withoutMember = ports.timers().schedule(leftNanos, () -> awaitMember(endNanos));
    } else {
      giveUp("a group has no usable in-sync member", backoff.next());
    }
  }

  /**
   * A logical disk of the leg admitted {@code epoch}: if it is another's and higher, that one has a
   * majority's promise and record, and this one's term is over.
   */
  public void superseded(Epoch epoch) {
    if (state == State.OWNER && epoch.isHigherThan(lease.epoch())) {
      highestNumber = Math.max(highestNumber, epoch.number());
      giveUp("a logical disk admitted epoch " + epoch);
    }
  }

  /**
   * Changes the record.
   *
   * @param step makes the next record of the present one, when its turn comes
   * @param done told once; perhaps before this returns
   */
  public void change(UnaryOperator<LegRecord> step, Consumer<ChangeOutcome> done) {
    enqueue(() -> changeNow(step), done);
  }

  /**
   * Moves the record to these holders: 1, 3 or 5 stores. Other changes are made meanwhile, as long
   * as it is not certain that the next holders are there. Refused while the holders are being
   * changed already. As {@link #change}.
   */
  public void changeHolders(List<Holder> next, Consumer<ChangeOutcome> done) {
    if (state == State.OWNER) {
      holders.change(next, done);
    } else {
      done.accept(new ChangeOutcome.Refused("this controller does not own the leg"));
    }
  }

  /** How far the change of the holders has come, or null where they are not being changed. */
  public HolderStep holderStep() {
    return state == State.OWNER ? holders.step() : null;
  }

  /**
   * Makes sure that these stores know that they are no holders of the leg: those of them that the
   * record does not name. They are told when each that it names has it. Goes on until each has
   * answered, the term is over or the holders are changed; nothing is done while they are.
   */
  public void dismiss(Collection<UUID> stores) {
    if (state == State.OWNER) {
      holders.dismiss(stores);
    }
  }

  /** Stores of which it is certain that they know it; empty where it is not the owner. */
  public Set<UUID> dismissed() {
    return state == State.OWNER ? holders.dismissed() : Set.of();
  }

  // ---- claiming

  private void attempt() {
    state = State.CLAIMING;
    backoffTimer = null;
    claim =
        new Claim(
            leg,
            controller,
            incarnation,
            ports,
            renewals,
            admissions,
            progressing,
            first,
            highestNumber,
            this::claimEnded);
    claim.start(hints);
  }

  private void claimEnded(Claim.Outcome outcome) {
    keepFrom(claim);
    switch (outcome) {
      case Claim.Outcome.Failed failed -> {
        attemptAfter(backoff.next());
        listener.claimFailed(failed.reason());
      }
      case Claim.Outcome.Owned owned -> own(owned);
    }
  }

  private void keepFrom(Claim ended) {
    highestNumber = Math.max(highestNumber, ended.highestNumber());
    if (ended.sawRecord()) {
      // There is one: where its holders are lost or forgot it, it is not to be made again (RECORD).
      first = null;
    }
    hints.addAll(ended.knownHolders());
  }

  private void attemptAfter(long nanos) {
    state = State.BACKING_OFF;
    backoffTimer = ports.timers().schedule(nanos, this::attempt);
  }

  private void own(Claim.Outcome.Owned owned) {
    state = State.OWNER;
    backoff.reset();
    lease = owned.lease();
    record = owned.record();
    change = claim.lastChange();
    claim = null;
    hints.clear();
    hints.addAll(record.quorum().all());
    catchUp = new HolderCatchUp(ports, lease, new Term());
    renewals.add(lease, progressing, catchUp);
    holders = new HolderChanges(ports, lease, renewals, new Register());
    change.whenEverywhere(holders::recordIsEverywhere);
    holders.finishEarlier();
    listener.owned(owned);
  }

  // ---- the lease

  /** What its holders answer to renewals. */
  private final class Term implements HolderCatchUp.Leg {

    @Override
    public LegRecord record() {
      return record;
    }

    @Override
    public LegRecord newestAsked() {
      return LegOwnership.this.newestAsked();
    }

    @Override
    public void seen(Epoch promised) {
      LegOwnership.this.seen(promised);
    }

    @Override
    public void lost(Epoch promised) {
      giveUp("holders promised epoch " + promised);
    }
  }

  private void seen(Epoch promised) {
    highestNumber = Math.max(highestNumber, promised.number());
  }

  private LegRecord newestAsked() {
    return change == null ? record : change.proposed();
  }

  // ---- changes

  private void enqueue(Runnable begin, Consumer<ChangeOutcome> done) {
    if (state == State.OWNER) {
      changes.add(begin, done);
    } else {
      done.accept(new ChangeOutcome.Refused("this controller does not own the leg"));
    }
  }

  private void changeNow(UnaryOperator<LegRecord> step) {
    LegRecord next;
    try {
      next = step.apply(record);
    } catch (IllegalArgumentException e) {
      changes.finish(new ChangeOutcome.Refused(e.getMessage()));
      return;
    }
    String reason = refusal(next);
    if (reason != null) {
      changes.finish(new ChangeOutcome.Refused(reason));
    } else {
      propose(
          next,
          () -> changes.finish(new ChangeOutcome.Known(next)),
          () -> giveUp("another controller's epoch is higher"));
    }
  }

  private String refusal(LegRecord next) {
    if (!next.epoch().equals(record.epoch())) {
      return "a change keeps the epoch";
    }
    if (!next.nextHolders().equals(record.nextHolders())) {
      return "holders are changed by a change of holders";
    }
    return RecordTransition.refusal(record, next).orElse(null);
  }

  private void propose(LegRecord next, Runnable known, Runnable lost) {
    if (change != null) {
      change.stop();
    }
    change =
        new RecordChange(
            next,
            ports,
            outcome -> {
              if (outcome == RecordChange.Outcome.LOST) {
                lost.run();
              } else {
                record = next;
                known.run();
              }
            });
    change.whenEverywhere(holders::recordIsEverywhere);
    change.start();
  }

  /** What a change of the holders does to the record. */
  private final class Register implements HolderChanges.Leg {

    @Override
    public LegRecord record() {
      return record;
    }

    @Override
    public boolean isEverywhere() {
      return change.proposed() == record && change.isEverywhere();
    }

    @Override
    public void enqueue(Runnable begin, Consumer<ChangeOutcome> done) {
      LegOwnership.this.enqueue(begin, done);
    }

    @Override
    public void finish(ChangeOutcome outcome) {
      changes.finish(outcome);
    }

    @Override
    public void propose(LegRecord next, Runnable known, Runnable lost) {
      LegOwnership.this.propose(next, known, lost);
    }

    @Override
    public void lost() {
      giveUp("another controller's epoch is higher");
    }

    @Override
    public void seen(Epoch promised) {
      LegOwnership.this.seen(promised);
    }

    @Override
    public void outbid(Epoch highest) {
      LegOwnership.this.seen(highest);
      // At once: a standby waits a little, so hosts stay where they are as a rule.
      giveUp("claims the leg anew: who is to keep its record promised epoch " + highest, 0);
    }
  }

  // ---- the end

  private void giveUp(String reason) {
    giveUp(reason, NEVER);
  }

  /**
   * @param againNanos after which it claims by itself, or {@link #NEVER}
   */
  private void giveUp(String reason, long againNanos) {
    Lease over = lease;
    Runnable tellThem = changes.end(reason);
    over.end();
    renewals.remove(over);
    if (change != null) {
      change.stop();
    }
    if (withoutMember != null) {
      withoutMember.cancel();
    }
    var release = List.<HolderRequest>of(new HolderRequest.Release(leg, over.epoch()));
    over.holders().forEach(holder -> ports.link().send(holder, release, any -> {}));
    HolderChanges ended = holders;
    LegRecord last = record;
    hints.addAll(over.holders());
    catchUp.stop();
    catchUp = null;
    change = null;
    holders = null;
    withoutMember = null;
    lease = null;
    record = null;
    state = State.IDLE;
    if (againNanos != NEVER) {
      attemptAfter(againNanos);
    }
    ended.end(last, reason);
    tellThem.run();
    listener.lost(reason);
  }
}
