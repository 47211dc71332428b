package io.dnvme.initiator;

import io.dnvme.block.PerReactor;
import io.dnvme.block.Reactor;

/**
 * The I/O queues of a controller as its namespaces see them: which one takes a reactor's commands.
 * A reactor with queues of its own uses them in turn; one without hands its commands to another's.
 */
final class QueueSet {

  private final IoQueue[] queues;
  private final PerReactor<Choice> choices = new PerReactor<>(this::choose);

  private static final class Choice {
    private final IoQueue[] candidates;
    private int next;

    Choice(IoQueue[] candidates) {
      this.candidates = candidates;
    }
  }

  /**
   * @param queues those that are in use; at least one
   */
  QueueSet(IoQueue[] queues) {
    this.queues = queues;
  }

  /** The queue for the next command of {@code reactor}; called on it. */
  IoQueue next(Reactor reactor) {
    Choice choice = choices.of(reactor);
    IoQueue[] candidates = choice.candidates;
    if (candidates.length == 1) {
      return candidates[0];
    }
    int next = choice.next;
    choice.next = next + 1 == candidates.length ? 0 : next + 1;
    return candidates[next];
  }

  /** The time on {@code reactor}, as exact as one turn where that is cheaper; called on it. */
  long nanos(Reactor reactor) {
    IoQueue queue = choices.of(reactor).candidates[0];
    return queue.reactor() == reactor ? queue.turnNanos() : reactor.clock().nanos();
  }

  IoQueue any() {
    return queues[0];
  }

  private Choice choose(Reactor reactor) {
    int own = 0;
    for (IoQueue queue : queues) {
      own += queue.reactor() == reactor ? 1 : 0;
    }
    if (own == 0) {
      return new Choice(new IoQueue[] {queues[reactor.index() % queues.length]});
    }
    var candidates = new IoQueue[own];
    for (IoQueue queue : queues) {
      if (queue.reactor() == reactor) {
        candidates[--own] = queue;
      }
    }
    return new Choice(candidates);
  }
}
