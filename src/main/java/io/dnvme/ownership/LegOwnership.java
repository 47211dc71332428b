package io.dnvme.ownership;

import io.dnvme.block.Backoff;
import io.dnvme.block.Timers;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.HolderReply.Reason;
import io.dnvme.ownership.HolderRequest.Knowledge;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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
 *    │         failed │     │ after a while       │      │
 *    │                ▼     │                     │      │
 *    ├─release── BACKING_OFF ◄── no usable member─┘      │
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

  private record Waiting(Runnable begin, Consumer<ChangeOutcome> done) {}

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
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private final Set<UUID> refusing = new HashSet<>();
  private final Map<UUID, Long> caughtUpNanos = new HashMap<>();

  private State state = State.IDLE;
  private LegRecord first;
  private long highestNumber;
  private Claim claim;
  private Lease lease;
  private LegRecord record;
  private RecordChange change;
  private HolderChanges holders;
  private Waiting current;
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

  /**
   * Holders of the record that promised a higher epoch to somebody who did not get a majority: they
   * are of no use to this owner, until it releases the leg and claims it again. Empty where it is
   * not the owner.
   */
  public Set<UUID> strayHolders() {
    var strays = new LinkedHashSet<>(record == null ? Set.of() : record.quorum().all());
    strays.retainAll(refusing);
    return strays;
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
      case OWNER -> giveUp("released", State.IDLE);
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
      giveUp("a group has no usable in-sync member", State.BACKING_OFF);
    }
  }

  /**
   * A logical disk of the leg admitted {@code epoch}: if it is another's and higher, that one has a
   * majority's promise and record, and this one's term is over.
   */
  public void superseded(Epoch epoch) {
    if (state == State.OWNER && epoch.isHigherThan(lease.epoch())) {
      highestNumber = Math.max(highestNumber, epoch.number());
      giveUp("a logical disk admitted epoch " + epoch, State.IDLE);
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
        backOff();
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

  private void backOff() {
    state = State.BACKING_OFF;
    backoffTimer = ports.timers().schedule(backoff.next(), this::attempt);
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
    renewals.add(lease, progressing, new Renewals());
    holders = new HolderChanges(ports, lease, renewals, new Register());
    change.whenEverywhere(holders::recordIsEverywhere);
    holders.finishEarlier();
    listener.owned(owned);
  }

  // ---- the lease

  private final class Renewals implements LeaseRenewals.Listener {

    @Override
    public void confirmed(UUID holder) {
      refusing.remove(holder);
    }

    @Override
    public void notConfirmed(UUID holder, HolderReply reply) {
      switch (reply) {
        case HolderReply.Refused refusal when refusal.reason() == Reason.NOT_PROMISED ->
            catchUp(holder);
        case HolderReply.Refused refusal -> refusedBy(holder, refusal);
        case HolderReply.Unknown unknown -> catchUp(holder);
        case HolderReply.Retired retired -> catchUp(holder);
        default -> {}
      }
    }
  }

  private void refusedBy(UUID holder, HolderReply.Refused refusal) {
    highestNumber = Math.max(highestNumber, refusal.promised().number());
    refusing.add(holder);
    if (!lease.quorum().reachedBy(other -> !refusing.contains(other))) {
      giveUp("holders promised epoch " + refusal.promised(), State.IDLE);
    }
  }

  /** A holder of the record that missed this epoch: it promises now and gets the record. */
  private void catchUp(UUID holder) {
    long nowNanos = ports.clock().nanos();
    Long before = caughtUpNanos.get(holder);
    if (!newestAsked().names(holder)
        || before != null && nowNanos - before < ports.options().retryNanos()) {
      return;
    }
    caughtUpNanos.put(holder, nowNanos);
    Lease asked = lease;
    var promise =
        new HolderRequest.Promise(
            leg, lease.epoch(), Knowledge.JOIN, newestAsked().generation(), record.leaseMs());
    ports.link().send(holder, List.of(promise), replies -> promised(asked, holder, replies));
  }

  private void promised(Lease asked, UUID holder, List<HolderReply> replies) {
    if (lease == asked
        && replies.size() == 1
        && replies.get(0) instanceof HolderReply.Promised
        && newestAsked().names(holder)) {
      ports.link().send(holder, List.of(new HolderRequest.Accept(record)), any -> {});
    }
  }

  private LegRecord newestAsked() {
    return change == null ? record : change.proposed();
  }

  // ---- changes

  private void enqueue(Runnable begin, Consumer<ChangeOutcome> done) {
    if (state != State.OWNER) {
      done.accept(new ChangeOutcome.Refused("this controller does not own the leg"));
    } else if (waiting.size() >= MAX_WAITING_CHANGES) {
      done.accept(new ChangeOutcome.Refused("too many changes wait already"));
    } else {
      waiting.add(new Waiting(begin, done));
      beginNext();
    }
  }

  private void beginNext() {
    while (current == null && !waiting.isEmpty() && state == State.OWNER) {
      current = waiting.remove();
      current.begin().run();
    }
  }

  private void finish(ChangeOutcome outcome) {
    Waiting finished = current;
    current = null;
    finished.done().accept(outcome);
    beginNext();
  }

  private void changeNow(UnaryOperator<LegRecord> step) {
    LegRecord next;
    try {
      next = step.apply(record);
    } catch (IllegalArgumentException e) {
      finish(new ChangeOutcome.Refused(e.getMessage()));
      return;
    }
    String reason = refusal(next);
    if (reason != null) {
      finish(new ChangeOutcome.Refused(reason));
    } else {
      propose(
          next,
          () -> finish(new ChangeOutcome.Known(next)),
          () -> giveUp("another controller's epoch is higher", State.IDLE));
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
      LegOwnership.this.finish(outcome);
    }

    @Override
    public void propose(LegRecord next, Runnable known, Runnable lost) {
      LegOwnership.this.propose(next, known, lost);
    }

    @Override
    public void lost() {
      giveUp("another controller's epoch is higher", State.IDLE);
    }
  }

  // ---- the end

  private void giveUp(String reason, State after) {
    Lease over = lease;
    Waiting inDoubt = current;
    var never = List.copyOf(waiting);
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
    waiting.clear();
    refusing.clear();
    caughtUpNanos.clear();
    current = null;
    change = null;
    holders = null;
    withoutMember = null;
    lease = null;
    record = null;
    state = State.IDLE;
    if (after == State.BACKING_OFF) {
      backOff();
    }
    ended.end(last, reason);
    if (inDoubt != null) {
      inDoubt.done().accept(new ChangeOutcome.Lost(reason));
    }
    never.forEach(one -> one.done().accept(new ChangeOutcome.Refused(reason)));
    listener.lost(reason);
  }
}
