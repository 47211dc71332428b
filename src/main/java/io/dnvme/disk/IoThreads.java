package io.dnvme.disk;

import io.dnvme.block.BlockIo;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Threads that carry out commands and may wait in the kernel while they do. They share one bounded
 * queue. A reactor wakes one of them for a batch; each that finds more than it can do wakes the
 * next, so that a reactor pays for one wake-up at most. They are never interrupted.
 */
final class IoThreads implements FileEngine {

  /** One thread. It is asleep, or about to look at the queue once more, while the flag is set. */
  private final class Worker {
    private final AtomicBoolean asleep = new AtomicBoolean();
    private final Consumer<BlockIo> work;
    private final Thread thread;

    Worker(String name, Consumer<BlockIo> work) {
      this.work = work;
      thread = Thread.ofPlatform().daemon().name(name).unstarted(this::loop);
    }

    private void loop() {
      while (true) {
        BlockIo io = queue.poll();
        if (io != null) {
          if (!queue.isEmpty()) {
            wakeOne();
          }
          work.accept(io);
        } else if (stopping) {
          return;
        } else {
          sleep();
        }
      }
    }

    private void sleep() {
      asleep.set(true);
      sleepers.incrementAndGet();
      // Who offers looks at the flags after; so one of both sees the other.
      VarHandle.fullFence();
      while (asleep.get() && queue.isEmpty() && !stopping) {
        LockSupport.park(this);
      }
      sleepers.decrementAndGet();
      asleep.set(false);
    }
  }

  private final CommandQueue queue;
  private final Worker[] workers;
  private final AtomicInteger sleepers = new AtomicInteger();
  private volatile boolean stopping;

  /**
   * @param work makes for each thread what carries its commands out
   */
  IoThreads(String name, int threads, int queueLimit, Supplier<Consumer<BlockIo>> work) {
    queue = new CommandQueue(queueLimit);
    workers = new Worker[threads];
    for (int i = 0; i < threads; i++) {
      workers[i] = new Worker(name + "-io-" + i, work.get());
    }
    for (Worker worker : workers) {
      worker.thread.start();
    }
  }

  @Override
  public boolean offer(BlockIo io) {
    return queue.offer(io);
  }

  @Override
  public void start() {
    VarHandle.fullFence();
    wakeOne();
  }

  @Override
  public void close() {
    stopping = true;
    for (Worker worker : workers) {
      LockSupport.unpark(worker.thread);
    }
    boolean interrupted = false;
    for (Worker worker : workers) {
      while (worker.thread.isAlive()) {
        try {
          worker.thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void wakeOne() {
    if (sleepers.get() == 0) {
      return;
    }
    for (Worker worker : workers) {
      if (worker.asleep.get() && worker.asleep.compareAndSet(true, false)) {
        LockSupport.unpark(worker.thread);
        return;
      }
    }
  }
}
