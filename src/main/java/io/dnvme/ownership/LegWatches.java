package io.dnvme.ownership;

import io.dnvme.block.Clock;
import io.dnvme.block.Timers;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * Claimants at one holder that have to wait, and what each waits for. A claimant that reads a leg
 * of which a higher epoch is refused still (LEASE) watches it from then on, and is told once, when
 * that is over or the owner released: with the one question that it leaves here.
 *
 * <pre>
 *   Read, wait > 0 ──► watched ── released, or 1.25 L after the last confirmation ──► free ── told
 * </pre>
 *
 * What it tells changes nothing: the claimant asks for the promise as before. It costs a claimant
 * one question under way, however many legs it waits for, and the holder one timer. A claimant that
 * leaves no question for a while is gone, or does not want to be told, and is forgotten; all are
 * with the process. Owned by the holder's reactor.
 */
public final class LegWatches {

  /** Claimants that are remembered; the one that was heard of longest ago is forgotten. */
  public static final int MAX_CALLERS = 1024;

  /** Legs in one answer; what else is free comes with the next. */
  public static final int MAX_TOLD = 1024;

  /** No question waits longer for its answer. */
  public static final long MAX_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Who has had no question here for longer is forgotten, at the next look. */
  static final long MAX_SILENT_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Leases that end closely one after another are told together. */
  private static final long MIN_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final class Caller {
    final Set<UUID> watched = new LinkedHashSet<>();
    final Set<UUID> free = new LinkedHashSet<>();
    Consumer<List<UUID>> answer;
    Timers.Timer limit;

    /** Since when it has no question here; of no meaning while it has. */
    long silentSinceNanos;
  }

  private final Clock clock;
  private final Timers timers;
  private final ToLongFunction<UUID> waitNanos;
  private final Map<UUID, Caller> callers = new LinkedHashMap<>(16, 0.75f, true);
  private Timers.Timer timer;
  private long dueNanos;

  /**
   * @param waitNanos how long the holder refuses every higher epoch of a leg still
   */
  public LegWatches(Clock clock, Timers timers, ToLongFunction<UUID> waitNanos) {
    this.clock = clock;
    this.timers = timers;
    this.waitNanos = waitNanos;
  }

  /** What {@code caller} asked for was handled: what it has to wait for, others need not. */
  public void handled(UUID caller, List<HolderRequest> batch) {
    boolean freed = false;
    for (HolderRequest request : batch) {
      switch (request) {
        case HolderRequest.Read read -> read(caller, read.leg());
        case HolderRequest.Promise promise -> forget(caller, promise.leg());
        case HolderRequest.Release release -> freed |= released(release.leg());
        default -> {}
      }
    }
    if (freed) {
      tellAll();
    }
  }

  private void tellAll() {
    List.copyOf(callers.values()).forEach(this::tell);
  }

  /**
   * Answers when something is free that {@code caller} watches.
   *
   * @param limitNanos after which it is answered anyway; no longer than {@link #MAX_LIMIT_NANOS}
   * @param answer the legs, each told once; none at the limit, or when the caller asks again
   */
  public void await(UUID caller, long limitNanos, Consumer<List<UUID>> answer) {
    Caller waiting = caller(caller);
    end(waiting);
    waiting.answer = answer;
    waiting.limit = timers.schedule(Math.min(limitNanos, MAX_LIMIT_NANOS), () -> end(waiting));
    tell(waiting);
  }

  private Caller caller(UUID id) {
    Caller known = callers.get(id);
    if (known != null) {
      return known;
    }
    forgetSilent();
    if (callers.size() == MAX_CALLERS) {
      Iterator<Caller> eldest = callers.values().iterator();
      Caller forgotten = eldest.next();
      eldest.remove();
      end(forgotten);
    }
    var made = new Caller();
    made.silentSinceNanos = clock.nanos();
    callers.put(id, made);
    return made;
  }

  private void forgetSilent() {
    long nowNanos = clock.nanos();
    callers
        .values()
        .removeIf(caller ->
            caller.answer == null && nowNanos - caller.silentSinceNanos > MAX_SILENT_NANOS);
  }

  /** Claimants that are remembered. */
  int callers() {
    return callers.size();
  }

  private void read(UUID caller, UUID leg) {
    long nanos = waitNanos.applyAsLong(leg);
    if (nanos > 0) {
      Caller waiting = caller(caller);
      waiting.free.remove(leg);
      waiting.watched.add(leg);
      lookIn(nanos);
    } else {
      forget(caller, leg);
    }
  }

  private void forget(UUID caller, UUID leg) {
    Caller known = callers.get(caller);
    if (known != null) {
      known.watched.remove(leg);
      known.free.remove(leg);
    }
  }

  private boolean released(UUID leg) {
    boolean freed = false;
    if (waitNanos.applyAsLong(leg) == 0) {
      for (Caller caller : callers.values()) {
        if (caller.watched.remove(leg)) {
          freed |= caller.free.add(leg);
        }
      }
    }
    return freed;
  }

  /** In so long at the latest. */
  private void lookIn(long nanos) {
    long delayNanos = Math.max(nanos, MIN_LOOK_NANOS);
    long lookNanos = clock.nanos() + delayNanos;
    if (timer != null && dueNanos - lookNanos <= 0) {
      return;
    }
    if (timer != null) {
      timer.cancel();
    }
    dueNanos = lookNanos;
    timer = timers.schedule(delayNanos, this::look);
  }

  /** An owner that goes on was confirmed since, and is looked at again when that is over. */
  private void look() {
    timer = null;
    forgetSilent();
    long soonestNanos = Long.MAX_VALUE;
    for (Caller caller : callers.values()) {
      for (Iterator<UUID> watched = caller.watched.iterator(); watched.hasNext(); ) {
        UUID leg = watched.next();
        long nanos = waitNanos.applyAsLong(leg);
        if (nanos > 0) {
          soonestNanos = Math.min(soonestNanos, nanos);
        } else {
          watched.remove();
          caller.free.add(leg);
        }
      }
    }
    if (soonestNanos < Long.MAX_VALUE) {
      lookIn(soonestNanos);
    }
    tellAll();
  }

  private void tell(Caller caller) {
    if (caller.answer != null && !caller.free.isEmpty()) {
      List<UUID> told = caller.free.stream().limit(MAX_TOLD).toList();
      told.forEach(caller.free::remove);
      answer(caller, told);
    }
  }

  private void end(Caller caller) {
    if (caller.answer != null) {
      answer(caller, List.of());
    }
  }

  private void answer(Caller caller, List<UUID> legs) {
    Consumer<List<UUID>> answer = caller.answer;
    caller.answer = null;
    caller.limit.cancel();
    caller.silentSinceNanos = clock.nanos();
    answer.accept(legs);
  }
}
