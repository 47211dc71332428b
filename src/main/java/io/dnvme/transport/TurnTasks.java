package io.dnvme.transport;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The tasks of one turn, in the order of asking; on the reactor only. */
final class TurnTasks {

  private static final Logger log = LoggerFactory.getLogger(TurnTasks.class);

  private TurnTask first;
  private TurnTask last;

  boolean isEmpty() {
    return first == null;
  }

  /** Does nothing where the task waits already. */
  void add(TurnTask task) {
    if (task.enlisted) {
      return;
    }
    task.enlisted = true;
    if (first == null) {
      first = task;
    } else {
      last.next = task;
    }
    last = task;
  }

  /** Runs what waits now; what is added meanwhile waits for the next turn. */
  void run() {
    TurnTask task = first;
    first = null;
    last = null;
    while (task != null) {
      TurnTask following = task.next;
      task.next = null;
      task.enlisted = false;
      try {
        task.endOfTurn();
      } catch (RuntimeException | Error e) {
        log.error("a task at the end of a turn failed", e);
      }
      task = following;
    }
  }
}
