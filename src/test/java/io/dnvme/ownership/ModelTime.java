package io.dnvme.ownership;

import java.util.PriorityQueue;

/** The real time of a model, which no node sees, and what happens in it. */
final class ModelTime {

  private record Event(long atNanos, long order, Runnable what) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(atNanos, other.atNanos);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private long nowNanos;
  private long order;
  private long ran;

  long nowNanos() {
    return nowNanos;
  }

  long eventsRun() {
    return ran;
  }

  void after(long delayNanos, Runnable what) {
    events.add(new Event(nowNanos + Math.max(delayNanos, 0), order++, what));
  }

  /** Runs what happens until then, and {@code check} after each event. */
  void runUntil(long endNanos, Runnable check) {
    while (!events.isEmpty() && events.peek().atNanos() <= endNanos) {
      Event event = events.remove();
      nowNanos = event.atNanos();
      event.what().run();
      ran++;
      check.run();
    }
    nowNanos = endNanos;
  }
}
