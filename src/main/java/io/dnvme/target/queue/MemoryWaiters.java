package io.dnvme.target.queue;

import io.dnvme.block.BufferPool;

/**
 * The commands of one queue pair that found no buffer for them, in the order in which they are to
 * go on. On the queue's reactor.
 */
final class MemoryWaiters {

  private final TargetConnection connection;
  private final SlotList waiting = new SlotList();
  private final Runnable memoryCame = this::memoryCame;
  private final Runnable goOn = this::goOn;
  private boolean awaited;
  private boolean goingOn;

  MemoryWaiters(TargetConnection connection) {
    this.connection = connection;
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** A command waits; one that was about to go on stays the first. */
  void add(CommandSlot slot) {
    if (goingOn) {
      waiting.addFirst(slot);
    } else {
      waiting.add(slot);
    }
    if (!awaited) {
      awaited = true;
      pool().whenAvailable(memoryCame);
    }
  }

  void remove(CommandSlot slot) {
    waiting.remove(slot);
  }

  /** The connection is gone; its slots see to themselves. */
  void close() {
    if (awaited) {
      awaited = false;
      pool().cancelWait(memoryCame);
    }
    waiting.clear();
  }

  /** Within whatever gave memory back: what waits is executed later, not inside of that. */
  private void memoryCame() {
    awaited = false;
    connection.reactor().execute(goOn);
  }

  private void goOn() {
    if (!connection.mayGoOn()) {
      return;
    }
    while (!waiting.isEmpty() && !awaited && !connection.isEnding()) {
      CommandSlot slot = waiting.poll();
      goingOn = true;
      connection.executeAgain(slot);
      goingOn = false;
    }
    if (waiting.isEmpty()) {
      connection.goOn();
    }
  }

  private BufferPool pool() {
    return connection.reactor().buffers();
  }
}
