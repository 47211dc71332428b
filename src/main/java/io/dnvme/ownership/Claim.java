package io.dnvme.ownership;

import io.dnvme.block.Timers;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.HolderReply.Reason;
import io.dnvme.ownership.HolderRequest.Knowledge;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * One attempt of a controller to own a leg (OWNER).
 *
 * <pre>
 *   PROBING ──► PROMISING ──► ACCEPTING ──► ADMITTING ──► (REMOVING) ──► CONFIRMING ──► Owned
 *      │            │             │             │              │              │
 *      └────────────┴─────────────┴─── ENDED ◄──┴──────────────┴──────────────┘
 *                                   (Failed: releases its epoch)
 *
 *   PROBING     asks whether a majority would promise, and waits until one says so; changes nothing
 *   PROMISING   a majority promises an epoch higher than all that was seen, and says what it holds
 *   ACCEPTING   a majority accepts the newest record under this epoch; the lease begins to be asked
 *   ADMITTING   every reachable logical disk admits the epoch
 *   REMOVING    a further record without those that did not, or are not to be trusted
 *   CONFIRMING  until enough holders have confirmed the lease
 * </pre>
 *
 * Which holders are needed is what the newest record says that was seen anywhere, so it may change
 * while it asks; both sets' majorities where that record changes them, unless {@link HeldRecords}
 * has it that it never was chosen. Which of them are asked first is {@link RecordChange}'s matter,
 * and nobody's safety: only majorities count. A holder that does not know the leg, or was retired,
 * counts for nothing; the latter says whom to ask. An epoch's number is higher than any that this
 * incarnation ever used for the leg, so no epoch is claimed twice.
 *
 * <p>Owned by one reactor; its end is told exactly once.
 */
public final class Claim {

  /** Why a claim fails to which no majority of the holders that it knows of answers. */
  public static final String TOO_FEW_ANSWER = ClaimProbe.TOO_FEW_ANSWER;

  /** How far it has come. */
  public enum State {
    PROBING,
    PROMISING,
    ACCEPTING,
    ADMITTING,
    REMOVING,
    CONFIRMING,
    ENDED
  }

  /** What became of it. */
  public sealed interface Outcome {

    /**
     * The controller owns the leg and may serve while the lease lets it.
     *
     * @param record the newest one, accepted under its epoch
     * @param admitted logical disks that admitted the epoch; no other is used before it does
     * @param chosen those of them that may miss what was acknowledged and not flushed, and that the
     *     rest of their groups follows (INTENT)
     */
    record Owned(LegRecord record, Lease lease, Set<UUID> admitted, Set<UUID> chosen)
        implements Outcome {}

    /** It does not; another attempt may. */
    record Failed(String reason) implements Outcome {}
  }

  /**
   * Bitmaps are written to disks, several times in turn. It is longer while one write follows the
   * other: one of them that takes too long is the preparation's matter.
   */
  private static final int PREPARING_ATTEMPTS = 4;

  private final UUID leg;
  private final UUID controller;
  private final UUID incarnation;
  private final OwnershipPorts ports;
  private final LeaseRenewals renewals;
  private final Admissions admissions;
  private final BooleanSupplier progressing;
  private final LegRecord first;
  private final Consumer<Outcome> done;

  private final ClaimKnowledge knowledge;
  private final ClaimProbe probe;
  private final Set<UUID> granted = new HashSet<>();
  private final Set<UUID> refused = new HashSet<>();

  /** Those of them that cannot begin to know one more leg. */
  private final Set<UUID> full = new LinkedHashSet<>();

  private final Set<UUID> renewalsRefused = new HashSet<>();

  private State state = State.PROBING;
  private LegRecord record;
  private Epoch epoch = Epoch.NONE;
  private boolean acceptedFirst;
  private HolderRound round;
  private RecordChange change;
  private AdmissionRound admission;
  private Lease lease;
  private Set<UUID> chosen = Set.of();
  private Timers.Timer deadline;

  /**
   * @param first the leg's first record where it may have to be created, else null; its epoch and
   *     owner do not matter
   * @param afterNumber the epoch's number will be higher
   * @param progressing whether the leg's reactor makes progress (LEASE)
   */
  Claim(
      UUID leg,
      UUID controller,
      UUID incarnation,
      OwnershipPorts ports,
      LeaseRenewals renewals,
      Admissions admissions,
      BooleanSupplier progressing,
      LegRecord first,
      long afterNumber,
      Consumer<Outcome> done) {
    this.leg = leg;
    this.controller = controller;
    this.incarnation = incarnation;
    this.ports = ports;
    this.renewals = renewals;
    this.admissions = admissions;
    this.progressing = progressing;
    this.first = first;
    this.done = done;
    knowledge = new ClaimKnowledge(ports, first, afterNumber);
    probe = new ClaimProbe(leg, ports, first, knowledge, this::promise, this::fail);
  }

  public State state() {
    return state;
  }

  /** The highest number seen or used; the next attempt's is higher. */
  long highestNumber() {
    return knowledge.highestNumber();
  }

  /** Whether any holder had a record, or a majority has this claim's. */
  boolean sawRecord() {
    return knowledge.hasRecord() || acceptedFirst;
  }

  /** The last change, which tells holders that were not needed; null before there is one. */
  RecordChange lastChange() {
    return change;
  }

  /** Every holder that it heard of. */
  Set<UUID> knownHolders() {
    return knowledge.holders();
  }

  /** Begins with these holders; they are hints, and may be no holders any more. */
  void start(Collection<UUID> hints) {
    probe.start(hints);
  }

  /** Ends it; nothing is told. */
  void cancel() {
    end(true);
  }

  // ---- PROMISING

  private void promise() {
    state = State.PROMISING;
    probe.stop();
    if (knowledge.highestNumber() >= Epoch.MAX_NUMBER) {
      fail("a holder promised the last epoch that there can be");
      return;
    }
    epoch = new Epoch(knowledge.nextNumber(), incarnation);
    round = new HolderRound(ports, this::promiseOf, this::promised);
    setDeadline(
        ports.options().attemptNanos(), this::promisesAreUnderWay, "too few holders promise");
    round.ask(knowledge.holders());
  }

  private HolderRequest promiseOf(UUID holder) {
    return first != null && first.quorum().all().contains(holder)
        ? new HolderRequest.Promise(leg, epoch, Knowledge.CREATE, 0, first.leaseMs())
        : HolderRequest.Promise.of(leg, epoch);
  }

  private void promised(UUID holder, HolderReply reply) {
    switch (reply) {
      case HolderReply.Promised promise -> {
        knowledge.note(holder, promise.accepted());
        granted.add(holder);
        round.settled(holder);
      }
      case HolderReply.Refused refusal -> {
        knowledge.seen(refusal.promised());
        refused.add(holder);
        if (refusal.reason() == Reason.FULL) {
          full.add(holder);
        }
        round.settled(holder);
      }
      case HolderReply.Retired retired -> {
        knowledge.follow(retired);
        round.settled(holder);
      }
      case HolderReply.Unknown any when ports.has(PlantedBug.COUNT_UNKNOWN_LEG) -> {
        granted.add(holder);
        round.settled(holder);
      }
      default -> {}
    }
    if (state != State.PROMISING) {
      return;
    }
    round.ask(knowledge.holders());
    Quorum needed = knowledge.needed(granted::contains);
    if (needed.reachedBy(granted::contains)) {
      accept();
    } else if (!mayBeReached(needed)) {
      fail(
          full.isEmpty()
              ? "holders promised another controller, or must wait for it"
              : "record holders keep as many legs as they can: stores " + full);
    }
  }

  /**
   * Whether the promises that are needed can still be had. Next holders who refuse, perhaps because
   * a cut-off owner reaches them, are not the end while old ones are to answer, who may rule out
   * the record that names the next ones.
   */
  private boolean mayBeReached(Quorum needed) {
    return needed.reachedBy(other -> !refused.contains(other))
        || !needed.next().isEmpty()
            && Quorum.majority(needed.current(), other -> !refused.contains(other))
            && needed.current().stream().anyMatch(round::awaits);
  }

  /** Whether nobody refused, and so many are at it that enough may promise yet. */
  private boolean promisesAreUnderWay() {
    return refused.isEmpty()
        && knowledge
            .needed(granted::contains)
            .reachedBy(holder -> granted.contains(holder) || round.isUnderWay(holder));
  }

  // ---- ACCEPTING

  private void accept() {
    LegRecord newest = knowledge.newest(granted::contains);
    state = State.ACCEPTING;
    record =
        newest != null ? newest.claimedBy(epoch, controller) : first.createdBy(epoch, controller);
    lease = new Lease(leg, epoch, record.leaseMs(), ports.quorumOf(record), ports.clock());
    renewals.add(lease, progressing, new Renewals());
    change = new RecordChange(record, ports, this::accepted);
    setDeadline(ports.options().attemptNanos(), change::isUnderWay, "too few holders accept");
    change.start();
  }

  private void accepted(RecordChange.Outcome outcome) {
    if (outcome == RecordChange.Outcome.LOST) {
      fail("another controller's epoch is higher");
      return;
    }
    acceptedFirst = true;
    if (record.deleted()) {
      confirm();
    } else {
      admit();
    }
  }

  // ---- ADMITTING

  private void admit() {
    state = State.ADMITTING;
    admission = new AdmissionRound(record, ports, admissions, this::judged);
    setDeadline(
        ports.options().withoutMemberNanos(),
        admission::isUnderWay,
        "a group has no in-sync member that admitted");
    admission.start();
  }

  private void judged(AdmissionVerdict verdict) {
    switch (verdict) {
      case AdmissionVerdict.Superseded higher -> {
        knowledge.seen(higher.epoch());
        fail("a logical disk admitted epoch " + higher.epoch());
      }
      case AdmissionVerdict.Serve serve -> serve(serve);
      case AdmissionVerdict.Wait wait ->
          throw new IllegalStateException("OWNER: to wait is no verdict: " + wait.reason());
    }
  }

  // ---- REMOVING

  private void serve(AdmissionVerdict.Serve verdict) {
    state = State.REMOVING;
    chosen = verdict.chosen();
    setDeadline(ports.options().attemptNanos(), "the further record was not accepted in time");
    if (verdict.changed().isEmpty()) {
      confirm();
      return;
    }
    LegRecord next =
        chosen.isEmpty()
            ? record.withMembers(verdict.changed())
            : record.withMembersAfterLoss(verdict.changed());
    var refusal = RecordTransition.refusal(record, next);
    if (refusal.isPresent()) {
      throw new IllegalStateException("OWNER: a claim's own change is refused: " + refusal.get());
    }
    boolean removes =
        verdict.changed().stream()
            .anyMatch(m -> !m.inSync() && record.member(m.logicalDisk()).inSync());
    if (removes) {
      setSlowDeadline(
          PREPARING_ATTEMPTS * ports.options().attemptNanos(),
          admissions::isPreparing,
          "the bitmaps of removed members were not written in time");
      admissions.prepareRemoval(record, next, prepared -> prepared(next, prepared));
    } else {
      remove(next);
    }
  }

  private void prepared(LegRecord next, boolean prepared) {
    if (state != State.REMOVING || change.proposed() == next) {
      return;
    }
    if (prepared) {
      remove(next);
    } else {
      fail("the bitmaps of removed members could not be written");
    }
  }

  private void remove(LegRecord next) {
    change.stop();
    change = new RecordChange(next, ports, outcome -> removed(next, outcome));
    setDeadline(
        ports.options().attemptNanos(),
        change::isUnderWay,
        "the further record was not accepted in time");
    change.start();
  }

  private void removed(LegRecord next, RecordChange.Outcome outcome) {
    if (outcome == RecordChange.Outcome.LOST) {
      fail("another controller's epoch is higher");
    } else {
      record = next;
      confirm();
    }
  }

  // ---- CONFIRMING

  private void confirm() {
    state = State.CONFIRMING;
    setDeadline(ports.options().attemptNanos(), "too few holders confirm the lease");
    confirmIfHeld();
  }

  private void confirmIfHeld() {
    if (state != State.CONFIRMING || !lease.mayAnswer()) {
      return;
    }
    Set<UUID> admitted = admission == null ? Set.of() : Set.copyOf(admission.admitted());
    end(false);
    done.accept(new Outcome.Owned(record, lease, admitted, chosen));
  }

  private final class Renewals implements LeaseRenewals.Listener {

    @Override
    public void confirmed(UUID holder) {
      confirmIfHeld();
    }

    @Override
    public void notConfirmed(UUID holder, HolderReply reply) {
      if (state == State.ENDED
          || !(reply instanceof HolderReply.Refused refusal)
          || refusal.reason() == Reason.NOT_PROMISED) {
        return;
      }
      knowledge.seen(refusal.promised());
      renewalsRefused.add(holder);
      if (!lease.quorum().reachedBy(other -> !renewalsRefused.contains(other))) {
        fail("another controller's epoch is higher");
      }
    }
  }

  // ---- the end

  private void setDeadline(long nanos, String reason) {
    setDeadline(nanos, () -> false, reason);
  }

  /**
   * A step that is late and refused by nobody goes on while it is under way, for a while: to begin
   * anew would be to do again what is done, and on slow disks no attempt would ever be in time.
   */
  private void setDeadline(long nanos, BooleanSupplier underWay, String reason) {
    long endNanos = ports.clock().nanos() + ports.options().slowStepNanos();
    setSlowDeadline(
        nanos, () -> underWay.getAsBoolean() && endNanos - ports.clock().nanos() > 0, reason);
  }

  private void setSlowDeadline(long nanos, BooleanSupplier goesOn, String reason) {
    cancel(deadline);
    deadline = ports.timers().schedule(nanos, () -> late(goesOn, reason));
  }

  private void late(BooleanSupplier goesOn, String reason) {
    if (goesOn.getAsBoolean()) {
      deadline = ports.timers().schedule(ports.options().retryNanos(), () -> late(goesOn, reason));
    } else {
      fail(reason);
    }
  }

  private void fail(String reason) {
    if (state != State.ENDED) {
      end(true);
      done.accept(new Outcome.Failed(reason));
    }
  }

  private void end(boolean releases) {
    State before = state;
    state = State.ENDED;
    cancel(deadline);
    probe.stop();
    if (admission != null) {
      admission.stop();
    }
    if (round != null) {
      round.stop();
    }
    if (!releases) {
      return;
    }
    if (change != null) {
      change.stop();
    }
    if (lease != null) {
      lease.end();
      renewals.remove(lease);
    }
    if (before != State.PROBING && before != State.ENDED) {
      for (UUID holder : knowledge.holders()) {
        ports.link().send(holder, List.of(new HolderRequest.Release(leg, epoch)), any -> {});
      }
    }
  }

  private static void cancel(Timers.Timer timer) {
    if (timer != null) {
      timer.cancel();
    }
  }
}
