package io.dnvme.block;

import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A reactor that runs when the test says so, under {@link VirtualTime}: the same test always takes
 * the same course. The test's own code counts as running on it, save within a task of another one.
 */
public final class ManualReactor implements Reactor, AutoCloseable {

  private static final long BUFFER_LIMIT_BYTES = 32L << 20;

  private final VirtualTime time;
  private final int index;
  private final Thread owner = Thread.currentThread();
  private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final BufferPool buffers = new BufferPool(BUFFER_LIMIT_BYTES);
  private Runnable overtaking;

  /** A reactor with a time of its own. */
  public ManualReactor() {
    this(new VirtualTime(), 0);
  }

  public ManualReactor(VirtualTime time, int index) {
    this.time = time;
    this.index = index;
    time.add(this);
  }

  /** Runs the oldest task; false where there is none. */
  public boolean step() {
    Runnable task = tasks.poll();
    if (task == null) {
      return false;
    }
    run(task);
    return true;
  }

  /** Runs {@code task} at once, as one of this reactor's. */
  public void run(Runnable task) {
    ManualReactor before = time.running();
    time.running(this);
    try {
      task.run();
    } finally {
      time.running(before);
    }
  }

  /** Runs tasks of all reactors under the same time until none is left. */
  public void settle() {
    time.settle();
  }

  /** See {@link VirtualTime#advance}. */
  public void advance(long nanos) {
    time.advance(nanos);
  }

  /**
   * The next task that another reactor submits is run at once, and {@code then} after it: both go
   * before whatever the submitter does next, as they may on a core of their own.
   */
  public void overtake(Runnable then) {
    overtaking = then;
  }

  /** Tasks that were submitted and have not run. */
  public int tasksPending() {
    return tasks.size();
  }

  public VirtualTime time() {
    return time;
  }

  @Override
  public int index() {
    return index;
  }

  @Override
  public boolean inReactor() {
    return Thread.currentThread() == owner && (time.running() == null || time.running() == this);
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    if (overtaking != null && time.running() != null && time.running() != this) {
      Runnable then = overtaking;
      overtaking = null;
      while (step()) {
        // In the order of submission.
      }
      run(then);
    }
  }

  @Override
  public Clock clock() {
    return time;
  }

  @Override
  public Timers timers() {
    return (delayNanos, task) -> {
      assert inReactor() : "alarm set off its reactor";
      return time.schedule(this, delayNanos, task);
    };
  }

  @Override
  public BufferPool buffers() {
    return buffers;
  }

  /** Fails where buffers were not given back. */
  @Override
  public void close() {
    buffers.close();
  }

  @Override
  public String toString() {
    return "manual reactor " + index;
  }
}
