package io.dnvme.disk.format;

import java.util.ArrayDeque;
import java.util.function.Consumer;

/** Asynchronous work of which each piece starts when the one before has ended. One reactor. */
final class OneByOne {

  private final ArrayDeque<Consumer<Runnable>> waiting = new ArrayDeque<>();
  private boolean busy;
  private boolean starting;

  /**
   * @param work told what to run when it has ended, once
   */
  void add(Consumer<Runnable> work) {
    waiting.addLast(work);
    startNext();
  }

  /** In a loop, so that work which ends at once does not pile up on the stack. */
  private void startNext() {
    if (starting) {
      return;
    }
    starting = true;
    while (!busy && !waiting.isEmpty()) {
      busy = true;
      waiting.removeFirst().accept(this::ended);
    }
    starting = false;
  }

  private void ended() {
    busy = false;
    startNext();
  }
}
