package io.dnvme.ownership;

import io.dnvme.block.Timers;
import io.dnvme.ownership.HolderReply.Reason;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Has a majority of holders accept a record (RECORD): of both sets, where it changes them.
 *
 * <pre>
 *             enough accepted
 *   in doubt ─────────────────► KNOWN (the rest is told until the next change)
 *      │      too many refuse
 *      ├──────────────────────► LOST: another epoch's claim may or may not have found it
 *      └──── repeats, for ever
 * </pre>
 *
 * In doubt means that it may have been chosen: until it is known, its owner proposes nothing else
 * at this epoch, so that a generation never has two contents.
 *
 * <p>A record that names both sets is asked for in turn: of those first who are no holders yet;
 * when they have answered, or after a while, of all the next ones; of the old ones when a majority
 * of the next has accepted it. Else one old holder's acceptance, of a record that never was chosen,
 * could make next holders necessary that never had it and are gone. The same majorities choose it
 * in any order: this one is for whoever claims, and nobody's safety. Owned by one reactor.
 */
final class RecordChange {

  enum Outcome {
    KNOWN,
    LOST
  }

  private final LegRecord proposed;
  private final OwnershipPorts ports;
  private final Quorum needed;
  private final Consumer<Outcome> done;
  private final HolderRound round;
  private final Set<UUID> accepted = new HashSet<>();
  private final Set<UUID> refused = new HashSet<>();
  private final Set<UUID> told = new HashSet<>();

  /** Who would be a holder by the record and is none yet. */
  private final Set<UUID> newcomers;

  private Timers.Timer newcomersTime;
  private Runnable whenEverywhere = () -> {};
  private boolean over;
  private boolean stopped;

  /**
   * @param done told once, unless it is stopped before
   */
  RecordChange(LegRecord proposed, OwnershipPorts ports, Consumer<Outcome> done) {
    this.proposed = proposed;
    this.ports = ports;
    this.done = done;
    needed = ports.quorumOf(proposed);
    newcomers = new LinkedHashSet<>(needed.next());
    newcomers.removeAll(needed.current());
    round = new HolderRound(ports, holder -> new HolderRequest.Accept(proposed), this::answered);
  }

  LegRecord proposed() {
    return proposed;
  }

  /**
   * Whether each of the record's holders has accepted it, or answered that it has promised a higher
   * epoch.
   */
  boolean isEverywhere() {
    return told.containsAll(needed.all());
  }

  /** Runs {@code task} when that is so, if ever; in place of what was to run then before. */
  void whenEverywhere(Runnable task) {
    whenEverywhere = task;
    if (isEverywhere()) {
      task.run();
    }
  }

  void start() {
    if (needed.next().isEmpty()) {
      round.ask(needed.all());
      return;
    }
    round.ask(newcomers);
    newcomersTime =
        ports.timers().schedule(ports.options().retryNanos(), () -> round.ask(needed.next()));
    askMore();
  }

  private void askMore() {
    if (Quorum.majority(needed.next(), accepted::contains)) {
      round.ask(needed.all());
    } else if (told.containsAll(newcomers)) {
      round.ask(needed.next());
    }
  }

  /**
   * Whether nobody refused it, and so many are at it that it may be known yet; those among them
   * whose turn comes when others have accepted it.
   */
  boolean isUnderWay() {
    return refused.isEmpty() && needed.reachedBy(this::mayAccept);
  }

  private boolean mayAccept(UUID holder) {
    return accepted.contains(holder) || round.isUnderWay(holder) || !round.wasAsked(holder);
  }

  /** Nobody is told any more. */
  void stop() {
    over = true;
    stopped = true;
    round.stop();
    if (newcomersTime != null) {
      newcomersTime.cancel();
    }
  }

  private void answered(UUID holder, HolderReply reply) {
    switch (reply) {
      case HolderReply.Done any -> accepted(holder);
      case HolderReply.Unknown any when ports.has(PlantedBug.COUNT_UNKNOWN_LEG) -> accepted(holder);
      case HolderReply.Refused refusal when isFinal(refusal.reason()) -> refused(holder);
      case HolderReply.Refused refusal when refusal.reason() == Reason.OLDER_GENERATION ->
          answeredForGood(holder);
      default -> {}
    }
  }

  private static boolean isFinal(Reason reason) {
    return switch (reason) {
      case HIGHER_EPOCH, RELEASED, OTHER_CONTENT -> true;
      case OWNER_CONFIRMED, NOT_PROMISED, OLDER_GENERATION, FULL -> false;
    };
  }

  private void accepted(UUID holder) {
    round.settled(holder);
    accepted.add(holder);
    if (!over && needed.reachedBy(accepted::contains)) {
      over = true;
      done.accept(Outcome.KNOWN);
    }
    answeredForGood(holder);
  }

  private void answeredForGood(UUID holder) {
    round.settled(holder);
    if (!told.add(holder) || stopped) {
      return;
    }
    askMore();
    if (isEverywhere()) {
      whenEverywhere.run();
    }
  }

  private void refused(UUID holder) {
    round.settled(holder);
    refused.add(holder);
    if (!over && !needed.reachedBy(other -> !refused.contains(other))) {
      stop();
      done.accept(Outcome.LOST);
    }
    answeredForGood(holder);
  }
}
