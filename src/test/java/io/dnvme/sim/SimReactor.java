package io.dnvme.sim;

import io.dnvme.block.BufferPool;
import io.dnvme.block.Clock;
import io.dnvme.block.Reactor;
import io.dnvme.block.Timers;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/**
 * A reactor of a simulated process: runs one task, alarm or socket event at a time, each as an
 * event of the world. Tasks keep their order, alarms theirs, sockets theirs; which of the three
 * goes first is left to the seed, as it is to the kernel and the loop in production.
 *
 * <p>Stopped (the process is paused, or this thread alone stands still) it runs nothing; what comes
 * meanwhile waits. Once its process is dead it never runs again.
 */
final class SimReactor implements Reactor, Timers {

  /** Small, so that the limit is met; large enough for what one command of a host needs. */
  private static final long BUFFER_LIMIT_BYTES = 4L << 20;

  private static final long MAX_TURN_NANOS = 4 * SimWorld.MICROS;

  /** An alarm that was set; rung ones run in the order of their times. */
  private final class Ring implements Timer, Comparable<Ring> {
    private final long dueNanos;
    private final long sequence;
    private Runnable task;
    private SimWorld.Alarm alarm;

    Ring(long dueNanos, Runnable task) {
      this.dueNanos = dueNanos;
      this.sequence = ringsMade++;
      this.task = task;
    }

    @Override
    public void cancel() {
      task = null;
      alarm.cancel();
    }

    @Override
    public int compareTo(Ring other) {
      int byTime = Long.compare(dueNanos, other.dueNanos);
      return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
    }
  }

  private final SimProcess process;
  private final SimWorld world;
  private final int index;
  private final SplittableRandom random;

  /** Nobody closes what belongs to a process that was killed: it goes with the reactor. */
  private final BufferPool buffers = new BufferPool(BUFFER_LIMIT_BYTES, Arena.ofAuto());

  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final ArrayDeque<Runnable> sockets = new ArrayDeque<>();
  private final PriorityQueue<Ring> rung = new PriorityQueue<>();
  private boolean turnComes;
  private boolean dead;
  private long stoppedUntilNanos;
  private long stoppedFromNanos;
  private long gapEndNanos = -1;
  private long ringsMade;

  SimReactor(SimProcess process, int index) {
    this.process = process;
    this.world = process.world();
    this.index = index;
    random = world.random(process.name() + "/" + process.incarnation() + "/" + index);
  }

  SimProcess process() {
    return process;
  }

  boolean isDead() {
    return dead;
  }

  /** The process is gone: nothing of it runs any more. */
  void die() {
    dead = true;
    tasks.clear();
    sockets.clear();
    rung.clear();
  }

  /** Nothing runs for so long. */
  void stop(long nanos) {
    long now = world.nowNanos();
    if (now >= stoppedUntilNanos) {
      stoppedFromNanos = now;
    }
    stoppedUntilNanos = Math.max(stoppedUntilNanos, now + nanos);
  }

  /**
   * When the last stop ended that was longer, by this process's clock, than {@code limitNanos}; -1
   * where there was none yet. STALE-PATH: what was received before is not executed.
   */
  long gapEndNanos(long limitNanos) {
    if (process.localNanos(stoppedUntilNanos) - process.localNanos(stoppedFromNanos) > limitNanos) {
      gapEndNanos = stoppedUntilNanos;
    }
    return gapEndNanos;
  }

  boolean isStopped() {
    return world.nowNanos() < stoppedUntilNanos;
  }

  @Override
  public int index() {
    return index;
  }

  @Override
  public boolean inReactor() {
    return world.running() == this;
  }

  @Override
  public void execute(Runnable task) {
    if (!dead) {
      tasks.add(task);
      wake();
    }
  }

  /** A socket has something to tell. */
  void socketReady(Runnable task) {
    if (!dead) {
      sockets.add(task);
      wake();
    }
  }

  @Override
  public Clock clock() {
    return process.clock();
  }

  @Override
  public Timers timers() {
    return this;
  }

  @Override
  public Timer schedule(long delayNanos, Runnable task) {
    if (!inReactor() && !dead) {
      world.violated("THREADS", "an alarm of " + this + " is set off it");
    }
    long delay = process.worldNanos(Math.max(delayNanos, 0));
    var ring = new Ring(world.nowNanos() + delay, task);
    ring.alarm = world.after(delay, () -> rang(ring));
    return ring;
  }

  @Override
  public BufferPool buffers() {
    return buffers;
  }

  private void rang(Ring ring) {
    if (!dead) {
      rung.add(ring);
      wake();
    }
  }

  private void wake() {
    if (!turnComes) {
      turnComes = true;
      world.after(random.nextLong(1, MAX_TURN_NANOS), this::turn);
    }
  }

  private void turn() {
    turnComes = false;
    if (dead) {
      return;
    }
    if (isStopped()) {
      turnComes = true;
      world.after(stoppedUntilNanos - world.nowNanos(), this::turn);
      return;
    }
    Runnable task = next();
    if (task != null) {
      run(task);
    }
    if (!dead && !(tasks.isEmpty() && sockets.isEmpty() && rung.isEmpty())) {
      wake();
    }
  }

  private Runnable next() {
    int sources =
        (tasks.isEmpty() ? 0 : 1) + (sockets.isEmpty() ? 0 : 1) + (rung.isEmpty() ? 0 : 1);
    if (sources == 0) {
      return null;
    }
    int choice = sources == 1 ? 0 : random.nextInt(sources);
    if (!tasks.isEmpty() && choice-- == 0) {
      return tasks.remove();
    }
    if (!sockets.isEmpty() && choice == 0) {
      return sockets.remove();
    }
    return rung.remove().task;
  }

  private void run(Runnable task) {
    SimReactor outer = world.running();
    world.running(this);
    try {
      task.run();
    } catch (Exception | AssertionError thrown) {
      world.threw(toString(), thrown);
    } finally {
      world.running(outer);
    }
    process.stepped();
  }

  @Override
  public String toString() {
    return process.name() + "." + index;
  }
}
