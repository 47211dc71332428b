package io.dnvme.ownership;

import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;

/**
 * Changes of a record that wait for their turn: one after another, and nothing is proposed while
 * one is in doubt (RECORD). Owned by one reactor.
 */
final class ChangeQueue {

  private record Change(Runnable begin, Consumer<ChangeOutcome> done) {}

  private final int maxWaiting;
  private final ArrayDeque<Change> waiting = new ArrayDeque<>();
  private Change current;

  ChangeQueue(int maxWaiting) {
    this.maxWaiting = maxWaiting;
  }

  /**
   * @param begin runs when its turn has come, perhaps before this returns; none is begun after it
   *     until {@link #finish}
   * @param done told once, perhaps before this returns
   */
  void add(Runnable begin, Consumer<ChangeOutcome> done) {
    if (waiting.size() >= maxWaiting) {
      done.accept(new ChangeOutcome.Refused("too many changes wait already"));
    } else {
      waiting.add(new Change(begin, done));
      beginNext();
    }
  }

  /** What became of the one that was begun last. */
  void finish(ChangeOutcome outcome) {
    Change finished = current;
    current = null;
    finished.done().accept(outcome);
    beginNext();
  }

  /**
   * The term is over: nothing of this is begun or finished any more.
   *
   * @return tells all of it: what was begun is lost, and what waits is refused
   */
  Runnable end(String reason) {
    Change inDoubt = current;
    var never = List.copyOf(waiting);
    current = null;
    waiting.clear();
    return () -> {
      if (inDoubt != null) {
        inDoubt.done().accept(new ChangeOutcome.Lost(reason));
      }
      never.forEach(one -> one.done().accept(new ChangeOutcome.Refused(reason)));
    };
  }

  private void beginNext() {
    while (current == null && !waiting.isEmpty()) {
      current = waiting.remove();
      current.begin().run();
    }
  }
}
