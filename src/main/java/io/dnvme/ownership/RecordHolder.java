package io.dnvme.ownership;

import io.dnvme.block.Clock;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.HolderReply.Reason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A keeper of leg records (RECORD) and of the waits that make leases safe (LEASE). What it is of
 * one leg:
 *
 * <pre>
 *             CREATE, JOIN               Retire
 *   unknown ──────────────► knows it ◄───────────► retired (a tombstone)
 *      ▲ ▲    Promise E1 < E2 < ...  JOIN (newer)  ▲    │
 *      │ └─ Leave (accepted nothing) ─┴─── Leave ──┘    │
 *      └──────── Forget (with the deleted record) ──────┘
 *
 *   knows it:  promised E ──Renew E──► confirmed E until 1.25 L after ──Promise E' > E: refused
 *                  │ ▲                       │                              until then
 *                  │ └───────Promise E'──────┤ (wait over)
 *                  └─────Release E─► released: Promise E' need not wait; E is refused from now on
 * </pre>
 *
 * Each decision is made at once, on what is decided, durable or not; it is answered when all that
 * the answer rests on is durable: one write of the store at a time, and what was decided meanwhile
 * goes with the next, so that many decisions share one flush. Confirmations and releases are
 * forgotten at a restart. Therefore a holder that has restarted waits for 1.25 L after its start,
 * as if it had confirmed everybody just before.
 *
 * <p>1.25 L by this clock is longer than L by the owner's, whose rate differs by less than 10 %,
 * and the owner counts from before it asked. A closed connection says nothing about that time.
 *
 * <p><b>Why it may forget a leg that it joined</b>, by the word of an owner of epoch E whose record
 * does not name it, where it accepted nothing and promised nothing above E:
 *
 * <ul>
 *   <li>The owner's record R was chosen at E by majorities that it is not one of, for they accepted
 *       it. Each of their holders refuses all below E; so nothing below E is chosen any more, and
 *       no lease below E is alive, whatever this one says from now on.
 *   <li>It holds nothing that a later claim has to find, and while it is unknown it counts for no
 *       majority. Asked to join again it promises again, before it accepts.
 *   <li>What it promised beside that is time, to a lease that it confirmed. So it forgets only when
 *       1.25 L are over: else it would join again, promise a higher epoch at once, and two would
 *       answer. This also makes a Leave harmless that arrives late, in a further attempt to make it
 *       a holder at the same epoch.
 *   <li>Had it accepted a record, that may be the only one in a majority that tells a claimant of
 *       it: the last record that names both sets, say, where another holder has one of an earlier
 *       epoch that names the next set alone. Therefore it is retired then, and forgets nothing.
 * </ul>
 *
 * <p>Owned by one reactor.
 */
public final class RecordHolder {

  /** Legs that one holder knows at most, retired ones included. */
  public static final int MAX_LEGS = 65_536;

  /** Batches that wait for the store at most; more are answered as unavailable. */
  public static final int MAX_WAITING_BATCHES = 4096;

  private static final class Leg {
    HolderEntry entry;

    /** Whether a lease may be alive that this process did not confirm: it was here at the start. */
    boolean confirmedBeforeStart;

    boolean confirmed;
    long confirmedNanos;
    boolean released;

    /** The writes after which its promise, and all of it, are durable. */
    long promiseWrite;

    long entryWrite;

    Leg(HolderEntry entry) {
      this.entry = entry;
    }
  }

  private record Waiting(
      long write, List<HolderReply> replies, Consumer<List<HolderReply>> answer) {}

  private final HolderStore store;
  private final Clock clock;
  private final Set<PlantedBug> bugs;
  private final int maxLegs;
  private final long startedNanos;
  private final Map<UUID, Leg> legs = new HashMap<>();
  private final HolderCounters counters = new HolderCounters();

  private Set<UUID> changed = new LinkedHashSet<>();
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private boolean writing;
  private boolean failed;

  /** The number of the write that takes what is decided now; those below it were begun. */
  private long nextWrite = 1;

  /** All writes up to this one are durable. */
  private long durableWrite;

  public RecordHolder(HolderStore store, Clock clock) {
    this(store, clock, Set.of(), MAX_LEGS);
  }

  /**
   * @param bugs what a test plants; else empty
   * @param maxLegs legs that it knows at most
   */
  public RecordHolder(HolderStore store, Clock clock, Set<PlantedBug> bugs, int maxLegs) {
    this.store = store;
    this.clock = clock;
    this.bugs = bugs;
    this.maxLegs = maxLegs;
    startedNanos = clock.nanos();
    for (HolderEntry entry : store.entries()) {
      var leg = new Leg(entry);
      leg.confirmedBeforeStart = !bugs.contains(PlantedBug.FORGET_LEASE_AT_RESTART);
      legs.put(entry.leg(), leg);
    }
  }

  /** Its store's. */
  public UUID identity() {
    return store.identity();
  }

  public HolderCounters counters() {
    return counters;
  }

  /** Whether the store failed: it says nothing more until it is opened again. */
  public boolean hasFailed() {
    return failed;
  }

  /** What it decided, durable or not; for whoever lists it. */
  public Collection<HolderEntry> entries() {
    return legs.values().stream().map(leg -> leg.entry).toList();
  }

  /**
   * Decides a batch and answers it, one reply for each request in their order, when all that was
   * said is durable; perhaps before this returns.
   */
  public void handle(List<HolderRequest> batch, Consumer<List<HolderReply>> answer) {
    counters.batches++;
    if (failed || batch.size() > HolderRequest.MAX_BATCH || waiting.size() >= MAX_WAITING_BATCHES) {
      answer.accept(unavailable(batch));
      return;
    }
    var replies = new ArrayList<HolderReply>(batch.size());
    long write = 0;
    for (HolderRequest request : batch) {
      HolderReply reply = isTooSoon(request) ? unavailable(request) : decide(request);
      if (reply instanceof HolderReply.Refused) {
        counters.refusals++;
      }
      replies.add(reply);
      if (!(reply instanceof HolderReply.Unavailable)) {
        write = Math.max(write, restsOn(request));
      }
    }
    if (write <= durableWrite || bugs.contains(PlantedBug.ANSWER_BEFORE_DURABLE)) {
      answer.accept(replies);
    } else {
      waiting.add(new Waiting(write, replies, answer));
    }
    writeChanged();
  }

  /**
   * Whether it is a renewal that could be answered only after a write: many go in one message, and
   * one must not hold up the others for as long as a slow disk takes (LEASE). It comes again soon.
   */
  private boolean isTooSoon(HolderRequest request) {
    return request instanceof HolderRequest.Renew
        && restsOn(request) > durableWrite
        && !bugs.contains(PlantedBug.ANSWER_BEFORE_DURABLE);
  }

  /**
   * The connection of a controller was closed. Its lease goes on: the time is counted, not what
   * connections do.
   *
   * @return the legs that it may own, and that a standby may start to claim early
   */
  public List<UUID> connectionClosed(UUID incarnation) {
    var suspects = new ArrayList<UUID>();
    for (Leg leg : legs.values()) {
      if (leg.entry.promised().incarnation().equals(incarnation)) {
        suspects.add(leg.entry.leg());
        if (bugs.contains(PlantedBug.PROMISE_BECAUSE_CONNECTION_CLOSED)) {
          leg.confirmed = false;
        }
      }
    }
    return suspects;
  }

  private HolderReply decide(HolderRequest request) {
    Leg leg = legs.get(request.leg());
    return switch (request) {
      case HolderRequest.Promise promise -> promise(leg, promise);
      case HolderRequest.Forget forget when leg == null -> new HolderReply.Done(forget.leg());
      case HolderRequest.Forget forget -> forget(leg, forget);
      case HolderRequest any when leg == null -> new HolderReply.Unknown(any.leg());
      case HolderRequest.Retire retire -> retire(leg, retire);
      case HolderRequest any when leg.entry.retired() -> retired(leg);
      case HolderRequest.Read read -> state(leg);
      case HolderRequest.Accept accept -> accept(leg, accept.record());
      case HolderRequest.Renew renew -> renew(leg, renew);
      case HolderRequest.Release release -> release(leg, release.epoch());
      case HolderRequest.Leave leave -> leave(leg, leave);
    };
  }

  private HolderReply promise(Leg leg, HolderRequest.Promise request) {
    boolean joins = request.knowledge() == HolderRequest.Knowledge.JOIN;
    if (leg == null) {
      return request.knowledge() == HolderRequest.Knowledge.EXPECTED
          ? new HolderReply.Unknown(request.leg())
          : begin(request);
    }
    if (leg.entry.retired()
        && !(joins && request.generation() > leg.entry.tombstone().generation())) {
      return retired(leg);
    }
    Epoch epoch = request.epoch();
    if (same(epoch, leg.entry.promised())) {
      if (leg.released) {
        return refused(leg, Reason.RELEASED);
      }
      if (joins && request.generation() > leg.entry.joinedGeneration()) {
        change(leg, leg.entry.joined(epoch, request.generation()));
      }
    } else if (!epoch.isHigherThan(leg.entry.promised())) {
      return refused(leg, Reason.HIGHER_EPOCH);
    } else if (waitNanos(leg) > 0) {
      return refused(leg, Reason.OWNER_CONFIRMED);
    } else {
      change(
          leg,
          joins && request.generation() > leg.entry.joinedGeneration()
              ? leg.entry.joined(epoch, request.generation())
              : leg.entry.promising(epoch));
      promisedAnew(leg);
    }
    counters.promises++;
    return new HolderReply.Promised(request.leg(), epoch, leg.entry.accepted());
  }

  private HolderReply begin(HolderRequest.Promise request) {
    if (legs.size() >= maxLegs
        || request.leaseMs() < LegRecord.MIN_LEASE_MS
        || request.leaseMs() > LegRecord.MAX_LEASE_MS) {
      return new HolderReply.Refused(request.leg(), Reason.FULL, Epoch.NONE, 0);
    }
    var leg =
        new Leg(
            new HolderEntry(
                request.leg(),
                request.epoch(),
                request.leaseMs(),
                request.knowledge() == HolderRequest.Knowledge.JOIN ? request.generation() : 0,
                null,
                null));
    legs.put(request.leg(), leg);
    change(leg, leg.entry);
    promisedAnew(leg);
    counters.promises++;
    return new HolderReply.Promised(request.leg(), request.epoch(), null);
  }

  /** No lease of an earlier epoch is alive any more, and none of this one yet. */
  private void promisedAnew(Leg leg) {
    leg.promiseWrite = nextWrite;
    leg.confirmedBeforeStart = false;
    leg.confirmed = false;
    leg.released = false;
  }

  private HolderReply accept(Leg leg, LegRecord record) {
    HolderReply refusal = refusalOf(leg, record.epoch());
    if (refusal != null) {
      return refusal;
    }
    LegRecord held = leg.entry.accepted();
    if (held != null && held.epoch().equals(record.epoch())) {
      if (record.generation() < held.generation()) {
        return refused(leg, Reason.OLDER_GENERATION);
      }
      if (record.generation() == held.generation() && !record.equals(held)) {
        return refused(leg, Reason.OTHER_CONTENT);
      }
    }
    if (!record.equals(held)) {
      boolean otherWait = record.leaseMs() != leg.entry.leaseMs();
      change(leg, leg.entry.accepting(record));
      if (otherWait) {
        // After a restart it waits by what is durable: confirmations rest on that, too.
        leg.promiseWrite = nextWrite;
      }
    }
    counters.accepts++;
    return new HolderReply.Done(record.leg());
  }

  private HolderReply renew(Leg leg, HolderRequest.Renew request) {
    Epoch epoch = request.epoch();
    HolderReply refusal = refusalOf(leg, epoch);
    if (refusal != null) {
      return refusal;
    }
    if (request.leaseMs() > leg.entry.leaseMs()) {
      // What it waits by is of a record that was never chosen; the owner's own one comes.
      return refused(leg, Reason.NOT_PROMISED);
    }
    leg.confirmed = true;
    leg.confirmedNanos = clock.nanos();
    counters.confirmations++;
    return new HolderReply.Confirmed(leg.entry.leg(), epoch);
  }

  private HolderReply release(Leg leg, Epoch epoch) {
    if (!same(epoch, leg.entry.promised())) {
      return refusalOf(leg, epoch);
    }
    leg.released = true;
    return new HolderReply.Done(leg.entry.leg());
  }

  private HolderReply retire(Leg leg, HolderRequest.Retire request) {
    if (!request.epoch().mayFollow(leg.entry.promised())) {
      return refused(leg, Reason.HIGHER_EPOCH);
    }
    if (leg.entry.retired() && request.generation() <= leg.entry.tombstone().generation()) {
      return retired(leg);
    }
    // What it joined for or accepted at a lower epoch was not chosen: the owner's record is later.
    LegRecord held = leg.entry.accepted();
    boolean joinedSince =
        request.epoch().equals(leg.entry.promised())
            && request.generation() <= leg.entry.joinedGeneration();
    boolean acceptedSince =
        held != null
            && request.epoch().equals(held.epoch())
            && request.generation() <= held.generation();
    if (joinedSince || acceptedSince) {
      return refused(leg, Reason.OLDER_GENERATION);
    }
    var stone = new Tombstone(request.epoch(), request.generation(), request.successors());
    if (!request.epoch().equals(leg.entry.promised())) {
      // What was released was an earlier epoch: under this one it may be asked to join again.
      leg.released = false;
    }
    HolderEntry entry = leg.entry.retired(request.epoch(), stone);
    change(
        leg, bugs.contains(PlantedBug.FORGET_RECORD_WHEN_RETIRED) ? entry.withoutRecord() : entry);
    leg.promiseWrite = nextWrite;
    return new HolderReply.Done(request.leg());
  }

  private HolderReply leave(Leg leg, HolderRequest.Leave request) {
    HolderEntry entry = leg.entry;
    if (!request.epoch().mayFollow(entry.promised())) {
      return refused(leg, Reason.HIGHER_EPOCH);
    }
    if (request.epoch().equals(entry.promised())
        && request.generation() < entry.joinedGeneration()) {
      return refused(leg, Reason.OLDER_GENERATION);
    }
    boolean forgetsAll = bugs.contains(PlantedBug.FORGET_RECORD_WHEN_LEAVING);
    if (entry.accepted() != null && entry.tombstone() == null && !forgetsAll) {
      if (entry.joinedGeneration() == 0) {
        return refused(leg, Reason.NOT_PROMISED);
      }
      // It was a holder before: its retirement is about that, and not about this JOIN.
      change(leg, entry.joined(entry.promised(), 0));
      return new HolderReply.Done(request.leg());
    }
    if (waitNanos(leg) > 0 && !bugs.contains(PlantedBug.FORGET_LEASE_WHEN_LEAVING)) {
      return refused(leg, Reason.OWNER_CONFIRMED);
    }
    if (entry.tombstone() != null && !forgetsAll) {
      change(leg, entry.retired(entry.promised(), entry.tombstone()));
    } else {
      remove(request.leg());
    }
    return new HolderReply.Done(request.leg());
  }

  private HolderReply forget(Leg leg, HolderRequest.Forget request) {
    LegRecord held = leg.entry.accepted();
    Epoch epoch = request.deletion().epoch();
    boolean over =
        held != null && held.deleted() && epoch.equals(leg.entry.promised())
            || leg.entry.retired() && epoch.mayFollow(leg.entry.promised());
    if (!over) {
      return refused(leg, Reason.NOT_PROMISED);
    }
    remove(request.leg());
    return new HolderReply.Done(request.leg());
  }

  private void remove(UUID leg) {
    legs.remove(leg);
    changed.add(leg);
  }

  /** Why nothing is done under {@code epoch}, or null where it is the promised one. */
  private HolderReply refusalOf(Leg leg, Epoch epoch) {
    if (same(epoch, leg.entry.promised())) {
      return leg.released ? refused(leg, Reason.RELEASED) : null;
    }
    return refused(
        leg, epoch.isHigherThan(leg.entry.promised()) ? Reason.NOT_PROMISED : Reason.HIGHER_EPOCH);
  }

  private boolean same(Epoch epoch, Epoch promised) {
    return bugs.contains(PlantedBug.ACCEPT_EQUAL_EPOCH_OF_OTHER_INCARNATION)
        ? epoch.number() == promised.number()
        : epoch.equals(promised);
  }

  private HolderReply refused(Leg leg, Reason reason) {
    return new HolderReply.Refused(leg.entry.leg(), reason, leg.entry.promised(), waitNanos(leg));
  }

  private HolderReply state(Leg leg) {
    return new HolderReply.State(
        leg.entry.leg(), leg.entry.promised(), leg.entry.accepted(), waitNanos(leg));
  }

  private static HolderReply retired(Leg leg) {
    Tombstone stone = leg.entry.tombstone();
    return new HolderReply.Retired(
        leg.entry.leg(), stone.epoch(), stone.generation(), stone.successors());
  }

  /**
   * How long it refuses every higher epoch of the leg still; 0 where it does not, or knows none.
   */
  public long waitNanos(UUID leg) {
    Leg known = legs.get(leg);
    return known == null || known.entry.tombstone() != null ? 0 : waitNanos(known);
  }

  /** How long every higher epoch is refused still: 1.25 L after the last confirmation (LEASE). */
  private long waitNanos(Leg leg) {
    if (leg.released) {
      return 0;
    }
    long leaseNanos = TimeUnit.MILLISECONDS.toNanos(leg.entry.leaseMs());
    long wholeNanos =
        bugs.contains(PlantedBug.WAIT_LEASE_ONLY) ? leaseNanos : leaseNanos + leaseNanos / 4;
    long nowNanos = clock.nanos();
    long leftNanos = 0;
    if (leg.confirmedBeforeStart) {
      leftNanos = startedNanos + wholeNanos - nowNanos;
    }
    if (leg.confirmed) {
      leftNanos = Math.max(leftNanos, leg.confirmedNanos + wholeNanos - nowNanos);
    }
    return Math.max(leftNanos, 0);
  }

  private void change(Leg leg, HolderEntry entry) {
    leg.entry = entry;
    leg.entryWrite = nextWrite;
    changed.add(entry.leg());
  }

  /** The write after which what was answered to {@code request} is durable. */
  private long restsOn(HolderRequest request) {
    Leg leg = legs.get(request.leg());
    if (leg == null) {
      return changed.contains(request.leg()) ? nextWrite : nextWrite - 1;
    }
    return switch (request) {
      case HolderRequest.Renew renew -> leg.promiseWrite;
      case HolderRequest.Release release -> leg.promiseWrite;
      default -> leg.entryWrite;
    };
  }

  private void writeChanged() {
    if (writing || changed.isEmpty() || failed) {
      return;
    }
    var entries = new ArrayList<HolderEntry>();
    var removed = new HashSet<UUID>();
    for (UUID id : changed) {
      Leg leg = legs.get(id);
      if (leg == null) {
        removed.add(id);
      } else {
        entries.add(leg.entry);
      }
    }
    changed = new LinkedHashSet<>();
    writing = true;
    long write = nextWrite++;
    counters.flushes++;
    counters.entriesWritten += entries.size();
    store.write(entries, removed, durable -> written(write, durable));
  }

  private void written(long write, boolean durable) {
    writing = false;
    if (!durable) {
      failed = true;
    } else {
      durableWrite = write;
    }
    while (!waiting.isEmpty() && (failed || waiting.peek().write() <= durableWrite)) {
      Waiting batch = waiting.remove();
      batch.answer().accept(failed ? unavailableReplies(batch.replies()) : batch.replies());
    }
    writeChanged();
  }

  private static List<HolderReply> unavailable(List<HolderRequest> batch) {
    return batch.stream().map(RecordHolder::unavailable).toList();
  }

  private static HolderReply unavailable(HolderRequest request) {
    return new HolderReply.Unavailable(request.leg());
  }

  private static List<HolderReply> unavailableReplies(List<HolderReply> replies) {
    return replies.stream()
        .<HolderReply>map(reply -> new HolderReply.Unavailable(reply.leg()))
        .toList();
  }
}
