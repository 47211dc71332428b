package io.dnvme.ownership;

import io.dnvme.block.Timers;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A claim's first step (OWNER): asks holders what they hold and whether they would promise, until a
 * majority would; changes nothing anywhere.
 *
 * <pre>
 *   asking ── a majority would promise ──► told so
 *    ▲  │ └── too few answer in time ────► failed
 *    │  ▼ a majority answers, and must wait for the owner's lease
 *   waiting, for as long as they answer
 * </pre>
 *
 * Owned by one reactor; its end is told once, unless it is stopped before.
 */
final class ClaimProbe {

  static final String TOO_FEW_ANSWER = "too few holders answer";

  /** Where the holders say by themselves that the leg is free, it is asked for this rarely. */
  static final long WATCHED_POLL_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final UUID leg;
  private final OwnershipPorts ports;
  private final LegRecord first;
  private final ClaimKnowledge knowledge;
  private final Runnable wouldPromise;
  private final Consumer<String> failed;
  private final HolderRound round;
  private final Map<UUID, Long> waitsNanos = new HashMap<>();
  private final Watcher watcher = new Watcher();
  private boolean ownerSeen;
  private boolean over;
  private Timers.Timer deadline;
  private Timers.Timer again;

  /**
   * @param first the leg's first record where it may have to be created, else null
   */
  ClaimProbe(
      UUID leg,
      OwnershipPorts ports,
      LegRecord first,
      ClaimKnowledge knowledge,
      Runnable wouldPromise,
      Consumer<String> failed) {
    this.leg = leg;
    this.ports = ports;
    this.first = first;
    this.knowledge = knowledge;
    this.wouldPromise = wouldPromise;
    this.failed = failed;
    round = new HolderRound(ports, holder -> new HolderRequest.Read(leg), this::probed);
  }

  /** Begins with these holders; they are hints, and may be no holders any more. */
  void start(Collection<UUID> hints) {
    knowledge.mayBeHolders(hints);
    if (first != null) {
      knowledge.mayBeHolders(first.quorum().all());
    }
    deadline = ports.timers().schedule(ports.options().attemptNanos(), this::end);
    ports.watch().add(leg, watcher);
    round.ask(knowledge.holders());
  }

  void stop() {
    over = true;
    ports.watch().remove(leg, watcher);
    cancel(deadline);
    cancel(again);
    round.stop();
  }

  private void end() {
    stop();
    failed.accept(ownerSeen ? "the present owner's lease goes on" : TOO_FEW_ANSWER);
  }

  private void probed(UUID holder, HolderReply reply) {
    switch (reply) {
      case HolderReply.State state -> {
        knowledge.note(holder, state.accepted());
        knowledge.seen(state.promised());
        waitsNanos.put(holder, state.waitNanos());
        round.settled(holder);
      }
      case HolderReply.Retired retired -> knowledge.follow(retired);
      case HolderReply.Unknown any when countsUnknown() -> {
        waitsNanos.put(holder, 0L);
        round.settled(holder);
      }
      default -> {}
    }
    round.ask(knowledge.holders());
    Quorum needed = needed();
    if (needed == null) {
      return;
    }
    if (isFree(needed)) {
      stop();
      wouldPromise.run();
    } else if (again == null && needed.reachedBy(waitsNanos::containsKey)) {
      await(needed);
    }
  }

  private boolean countsUnknown() {
    return first != null || ports.has(PlantedBug.COUNT_UNKNOWN_LEG);
  }

  private Quorum needed() {
    return knowledge.needed(waitsNanos::containsKey);
  }

  private boolean isFree(Quorum needed) {
    return needed.reachedBy(other -> waitsNanos.getOrDefault(other, 1L) == 0);
  }

  /** Changes nothing anywhere, and lasts for as long as the holders answer. */
  private void await(Quorum needed) {
    ownerSeen = true;
    boolean watched =
        needed.reachedBy(other -> waitsNanos.containsKey(other) && ports.watch().covers(other));
    long waitNanos = waitNanos(needed);
    long delayNanos = watched ? Math.max(waitNanos, WATCHED_POLL_NANOS) : waitNanos;
    delayNanos += anySpreadNanos();
    again = ports.timers().schedule(delayNanos, this::probeAgain);
    // Who is to create the leg looks anew: it may be there, and its holders be lost since (RECORD).
    if (first == null && knowledge.hasRecord()) {
      cancel(deadline);
      deadline = ports.timers().schedule(delayNanos + ports.options().attemptNanos(), this::end);
    }
  }

  /** After how long enough of those that answered would promise. */
  private long waitNanos(Quorum needed) {
    return waitsNanos.values().stream()
        .sorted()
        .filter(
            wait -> needed.reachedBy(h -> waitsNanos.containsKey(h) && waitsNanos.get(h) <= wait))
        .findFirst()
        .orElse(0L);
  }

  private void probeAgain() {
    again = null;
    waitsNanos.clear();
    round.askAgain();
  }

  /** By how much those who wait for one lease are set apart. */
  private long anySpreadNanos() {
    return ports.random().nextLong(ports.options().spreadNanos() + 1);
  }

  private final class Watcher implements HolderWatch.Listener {

    @Override
    public void free(UUID holder) {
      if (!over && waitsNanos.containsKey(holder)) {
        waitsNanos.put(holder, 0L);
        Quorum needed = needed();
        if (needed != null && isFree(needed)) {
          askAgain();
        }
      }
    }

    @Override
    public void askAgain() {
      if (!over && again != null) {
        again.cancel();
        again = ports.timers().schedule(anySpreadNanos(), ClaimProbe.this::probeAgain);
      }
    }
  }

  private static void cancel(Timers.Timer timer) {
    if (timer != null) {
      timer.cancel();
    }
  }
}
