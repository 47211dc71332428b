package io.dnvme.block;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Time that moves only when a test says so, for all {@link ManualReactor}s made with it. Used by
 * one thread, the test's.
 */
public final class VirtualTime implements Clock {

  /** A calendar time to start from: 2026-01-01T00:00:00Z. */
  private static final long START_WALL_MILLIS = 1_767_225_600_000L;

  private record Alarm(long dueNanos, long sequence, ManualReactor reactor, Runnable task)
      implements Comparable<Alarm>, Timers.Timer {

    @Override
    public void cancel() {
      reactor.time().alarms.remove(this);
    }

    @Override
    public int compareTo(Alarm other) {
      int byTime = Long.compare(dueNanos, other.dueNanos);
      return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
    }

    /** Two alarms are never the same, whatever they do. */
    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return Long.hashCode(sequence);
    }
  }

  private final PriorityQueue<Alarm> alarms = new PriorityQueue<>();
  private final List<ManualReactor> reactors = new ArrayList<>();
  private ManualReactor running;
  private long nowNanos;
  private long alarmsSet;

  @Override
  public long nanos() {
    return nowNanos;
  }

  @Override
  public long wallMillis() {
    return START_WALL_MILLIS + nowNanos / 1_000_000;
  }

  /** Runs one task of each reactor in turn until none has any. Time stands still. */
  public void settle() {
    boolean busy = true;
    while (busy) {
      busy = false;
      for (ManualReactor reactor : reactors) {
        busy |= reactor.step();
      }
    }
  }

  /** Lets {@code nanos} go by: tasks and alarms run in the order of their times. */
  public void advance(long nanos) {
    long end = nowNanos + nanos;
    settle();
    while (!alarms.isEmpty() && alarms.peek().dueNanos() <= end) {
      Alarm alarm = alarms.remove();
      nowNanos = Math.max(nowNanos, alarm.dueNanos());
      alarm.reactor().run(alarm.task());
      settle();
    }
    nowNanos = end;
  }

  /** Lets {@code nanos} go by in which nothing runs: what a stopped process sees. */
  public void stall(long nanos) {
    nowNanos += nanos;
  }

  /** Alarms that were set and neither rang nor were cancelled. */
  public int alarmsPending() {
    return alarms.size();
  }

  void add(ManualReactor reactor) {
    reactors.add(reactor);
  }

  Timers.Timer schedule(ManualReactor reactor, long delayNanos, Runnable task) {
    var alarm = new Alarm(nowNanos + Math.max(delayNanos, 0), alarmsSet++, reactor, task);
    alarms.add(alarm);
    return alarm;
  }

  ManualReactor running() {
    return running;
  }

  void running(ManualReactor reactor) {
    running = reactor;
  }
}
