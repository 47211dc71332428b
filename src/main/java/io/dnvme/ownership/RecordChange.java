package io.dnvme.ownership;

import io.dnvme.ownership.HolderReply.Reason;
import java.util.HashSet;
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
 * at this epoch, so that a generation never has two contents. Owned by one reactor.
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
    round.ask(needed.all());
  }

  /** Nobody is told any more. */
  void stop() {
    over = true;
    stopped = true;
    round.stop();
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
    if (told.add(holder) && !stopped && isEverywhere()) {
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
