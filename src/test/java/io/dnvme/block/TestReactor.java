package io.dnvme.block;

import java.util.PriorityQueue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A reactor with a real thread and real time. What a task throws fails the test: {@link #close}
 * throws it again.
 */
public final class TestReactor implements Reactor, Timers, Clock, AutoCloseable {

  private static final long BUFFER_LIMIT_BYTES = 64L << 20;
  private static final long CALL_DEADLINE_SECONDS = 60;

  /** More than any test has waiting; one more is an exception for who submits it. */
  private static final int TASK_LIMIT = 1 << 16;

  /** Neither cancelled nor rung yet. Touched on the reactor only. */
  private static final class Alarm implements Timer, Comparable<Alarm> {
    private final long dueNanos;
    private Runnable task;

    Alarm(long dueNanos, Runnable task) {
      this.dueNanos = dueNanos;
      this.task = task;
    }

    @Override
    public void cancel() {
      task = null;
    }

    @Override
    public int compareTo(Alarm other) {
      return Long.signum(dueNanos - other.dueNanos);
    }
  }

  private final int index;
  private final ArrayBlockingQueue<Runnable> tasks = new ArrayBlockingQueue<>(TASK_LIMIT);
  private final PriorityQueue<Alarm> alarms = new PriorityQueue<>();
  private final BufferPool buffers = new BufferPool(BUFFER_LIMIT_BYTES);
  private final Thread thread;
  private volatile boolean stopping;
  private volatile Throwable failure;

  public TestReactor(int index) {
    this.index = index;
    thread = Thread.ofPlatform().daemon().name("test-reactor-" + index).start(this::loop);
  }

  /** Runs {@code task} on the reactor and waits for what it returns. */
  public <T> T call(Callable<T> task) {
    var result = new CompletableFuture<T>();
    execute(() -> {
      try {
        result.complete(task.call());
      } catch (Throwable thrown) {
        result.completeExceptionally(thrown);
      }
    });
    return await(result);
  }

  /** Runs {@code task} on the reactor and waits until it is done. */
  public void run(Runnable task) {
    call(() -> {
      task.run();
      return null;
    });
  }

  /** Waits, off the reactors, for what a reactor will provide; fails after a generous deadline. */
  public static <T> T await(CompletableFuture<T> result) {
    try {
      return result.get(CALL_DEADLINE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("nothing happened for " + CALL_DEADLINE_SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public int index() {
    return index;
  }

  @Override
  public boolean inReactor() {
    return Thread.currentThread() == thread;
  }

  @Override
  public void execute(Runnable task) {
    if (stopping) {
      throw new RejectedExecutionException(this + " has ended");
    }
    tasks.add(task);
  }

  @Override
  public Timer schedule(long delayNanos, Runnable task) {
    assert inReactor() : "alarm set off its reactor";
    var alarm = new Alarm(System.nanoTime() + delayNanos, task);
    alarms.add(alarm);
    return alarm;
  }

  @Override
  public long nanos() {
    return System.nanoTime();
  }

  @Override
  public long wallMillis() {
    return System.currentTimeMillis();
  }

  @Override
  public Clock clock() {
    return this;
  }

  @Override
  public Timers timers() {
    return this;
  }

  @Override
  public BufferPool buffers() {
    return buffers;
  }

  /** Runs what was submitted, ends the thread, and fails where a task threw or kept buffers. */
  @Override
  public void close() {
    execute(() -> stopping = true);
    try {
      thread.join(TimeUnit.SECONDS.toMillis(CALL_DEADLINE_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      throw new AssertionError("reactor " + index + " does not end");
    }
    if (failure != null) {
      throw new AssertionError("a task of reactor " + index + " failed", failure);
    }
    buffers.close();
  }

  private void loop() {
    while (!stopping) {
      try {
        turn();
      } catch (InterruptedException e) {
        return;
      } catch (Throwable thrown) {
        if (failure == null) {
          failure = thrown;
        }
      }
    }
  }

  private void turn() throws InterruptedException {
    Alarm next = alarms.peek();
    Runnable task =
        next == null
            ? tasks.take()
            : tasks.poll(next.dueNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
    if (task != null) {
      task.run();
    }
    while (next != null && next.dueNanos - System.nanoTime() <= 0) {
      alarms.remove(next);
      if (next.task != null) {
        next.task.run();
      }
      next = alarms.peek();
    }
  }

  @Override
  public String toString() {
    return "test reactor " + index;
  }
}
