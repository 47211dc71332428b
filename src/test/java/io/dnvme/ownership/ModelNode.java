package io.dnvme.ownership;

import io.dnvme.block.Clock;
import io.dnvme.block.Timers;
import java.util.ArrayDeque;

/**
 * A process of a model: a clock whose rate is its own, timers, and a thread that can be stopped and
 * killed. What arrives while it is stopped runs when it goes on; what belongs to an earlier life
 * never runs.
 */
class ModelNode implements Clock, Timers {

  final String name;
  final ModelTime time;
  private final double rate;
  private final long offsetNanos;
  private final ArrayDeque<Runnable> stopped = new ArrayDeque<>();
  private long pausedUntilNanos;
  private int life;
  private boolean alive;

  ModelNode(String name, ModelTime time, double rate, long offsetNanos) {
    this.name = name;
    this.time = time;
    this.rate = rate;
    this.offsetNanos = offsetNanos;
  }

  boolean alive() {
    return alive;
  }

  boolean paused() {
    return time.nowNanos() < pausedUntilNanos;
  }

  int life() {
    return life;
  }

  void begin() {
    life++;
    alive = true;
    pausedUntilNanos = 0;
    stopped.clear();
  }

  void crash() {
    alive = false;
    life++;
    stopped.clear();
  }

  /** It runs nothing for that long. */
  void pause(long realNanos) {
    if (alive && !paused()) {
      pausedUntilNanos = time.nowNanos() + realNanos;
      int pausedLife = life;
      time.after(realNanos, () -> resume(pausedLife));
    }
  }

  private void resume(int pausedLife) {
    while (life == pausedLife && alive && !stopped.isEmpty()) {
      stopped.remove().run();
    }
  }

  /** Runs {@code task} on this process now, or when it goes on; not in another life. */
  void run(Runnable task) {
    if (!alive) {
      return;
    }
    if (paused() || !stopped.isEmpty()) {
      stopped.add(task);
    } else {
      task.run();
    }
  }

  /** Runs {@code task} on this process after {@code realNanos}. */
  void runAfter(long realNanos, Runnable task) {
    int current = life;
    time.after(
        realNanos,
        () -> {
          if (life == current) {
            run(task);
          }
        });
  }

  @Override
  public long nanos() {
    return offsetNanos + (long) (time.nowNanos() * rate);
  }

  @Override
  public long wallMillis() {
    return time.nowNanos() / 1_000_000;
  }

  @Override
  public Timer schedule(long delayNanos, Runnable task) {
    var cancelled = new boolean[1];
    runAfter(
        (long) Math.ceil(delayNanos / rate),
        () -> {
          if (!cancelled[0]) {
            task.run();
          }
        });
    return () -> cancelled[0] = true;
  }
}
