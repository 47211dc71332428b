package io.dnvme.target.event;

/** Stands for a listener that is told of events. */
public interface Subscription {

  /**
   * Ends it. Called on the listener's reactor, nothing is told any more once this returned, not
   * even what happened before. Harmless when repeated.
   */
  void cancel();
}
