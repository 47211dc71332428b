package io.dnvme.transport;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * How many connections each reactor has from the moment they are placed, and how many of all were
 * accepted. From any thread.
 */
final class PlacedConnections implements Placement.Load {

  private final AtomicIntegerArray byReactor;
  private final AtomicInteger accepted = new AtomicInteger();
  private final int maxAccepted;

  PlacedConnections(int reactors, int maxAccepted) {
    byReactor = new AtomicIntegerArray(reactors);
    this.maxAccepted = maxAccepted;
  }

  @Override
  public int reactors() {
    return byReactor.length();
  }

  @Override
  public int connections(int reactor) {
    return byReactor.get(reactor);
  }

  void placed(int reactor) {
    byReactor.incrementAndGet(reactor);
  }

  void gone(int reactor) {
    byReactor.decrementAndGet(reactor);
  }

  /** Counts one more accepted connection; false where the limit is reached. */
  boolean tryAccept() {
    if (accepted.incrementAndGet() <= maxAccepted) {
      return true;
    }
    accepted.decrementAndGet();
    return false;
  }

  void acceptedGone() {
    accepted.decrementAndGet();
  }

  int maxAccepted() {
    return maxAccepted;
  }
}
