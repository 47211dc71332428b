package io.dnvme.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/**
 * Virtual time and everything that is to happen, from one seed. Single-threaded; whoever runs the
 * world runs all of it.
 *
 * <p>Between any two events a process may be killed, stopped or cut off: an event is the smallest
 * step that the simulation knows.
 */
final class SimWorld {

  static final long MICROS = 1_000;
  static final long MILLIS = 1_000_000;
  static final long SECONDS = 1_000_000_000;

  /** An event that was scheduled, in the order of time, then of scheduling. */
  private static final class Event implements Comparable<Event>, Alarm {
    private final long dueNanos;
    private final long sequence;
    private Runnable task;

    Event(long dueNanos, long sequence, Runnable task) {
      this.dueNanos = dueNanos;
      this.sequence = sequence;
      this.task = task;
    }

    @Override
    public void cancel() {
      task = null;
    }

    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(dueNanos, other.dueNanos);
      return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
    }
  }

  /** Something that was scheduled. */
  interface Alarm {
    /** Keeps it from happening; harmless afterwards. */
    void cancel();
  }

  private final long seed;
  private final long randomness;
  private final Trace trace;
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final List<String> violations = new ArrayList<>();
  private SimReactor running;
  private long nowNanos;
  private long scheduled;
  private long eventsRun;
  private long faults;

  /**
   * @param randomness from which all random numbers come; mostly the seed
   */
  SimWorld(long seed, long randomness, Trace trace) {
    this.seed = seed;
    this.randomness = randomness;
    this.trace = trace;
  }

  long seed() {
    return seed;
  }

  /** World time: no process sees it, each has a clock of its own. */
  long nowNanos() {
    return nowNanos;
  }

  long eventsRun() {
    return eventsRun;
  }

  /** A stream of random numbers of its own, so that one part's choices do not move another's. */
  SplittableRandom random(String name) {
    return new SplittableRandom(randomness * 0x9e37_79b9_7f4a_7c15L + name.hashCode());
  }

  /** Has {@code task} happen {@code delayNanos} from now. */
  Alarm after(long delayNanos, Runnable task) {
    var event = new Event(nowNanos + Math.max(delayNanos, 0), scheduled++, task);
    events.add(event);
    return event;
  }

  /** Runs until {@code endNanos}, until nothing is left to happen, or until something is wrong. */
  void runUntil(long endNanos) {
    while (!events.isEmpty() && events.peek().dueNanos <= endNanos && violations.isEmpty()) {
      Event event = events.remove();
      if (event.task != null) {
        nowNanos = event.dueNanos;
        eventsRun++;
        trace.event(nowNanos, event.sequence);
        event.task.run();
      }
    }
    if (violations.isEmpty()) {
      nowNanos = Math.max(nowNanos, endNanos);
    }
  }

  // What the parts tell.

  /** Whether texts for {@link #trace} are worth making. */
  boolean isTracing() {
    return trace.isKept();
  }

  void trace(String who, String what) {
    trace.line(nowNanos, who, what);
  }

  /** An invariant does not hold: the run ends here. */
  void violated(String invariant, String what) {
    violations.add(invariant + ": " + what + " (at " + Trace.time(nowNanos) + ")");
    trace(invariant, "VIOLATED: " + what);
  }

  /** Production code threw. */
  void threw(String who, Throwable thrown) {
    var text = new StringBuilder(who).append(" threw ").append(thrown);
    for (StackTraceElement element : thrown.getStackTrace()) {
      text.append("\n      at ").append(element);
    }
    violated("NO-EXCEPTION", text.toString());
  }

  List<String> violations() {
    return violations;
  }

  /** Counts a fault that was injected. */
  void faultInjected() {
    faults++;
  }

  long faults() {
    return faults;
  }

  // Whose code runs.

  SimReactor running() {
    return running;
  }

  void running(SimReactor reactor) {
    running = reactor;
  }
}
