package io.dnvme.sim;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Runs many seeds, as many at a time as there are cores; worlds do not know of each other. */
final class Seeds {

  /** Runs that may be ahead of the one whose result is waited for, per core. */
  private static final int AHEAD_PER_CORE = 8;

  /**
   * One seed's.
   *
   * @param cpuNanos what it took of a core
   */
  record Run(Simulation.Result result, long cpuNanos) {}

  private Seeds() {}

  /**
   * Runs the seeds {@code first} to {@code first + count - 1}.
   *
   * @param trace gets the lines of all traces, one seed after the other; may be null
   * @param each gets the results in the order of the seeds; false ends it all
   */
  static void run(
      Scenario scenario, long first, long count, Consumer<String> trace, Predicate<Run> each) {
    int cores = trace != null ? 1 : Runtime.getRuntime().availableProcessors();
    var running = new ArrayDeque<Future<Run>>();
    try (ExecutorService pool = Executors.newFixedThreadPool(cores)) {
      boolean goesOn = true;
      for (long next = first; goesOn && (next < first + count || !running.isEmpty()); ) {
        if (next < first + count && running.size() < cores * AHEAD_PER_CORE) {
          long seed = next++;
          running.add(pool.submit(() -> one(scenario, seed, trace)));
        } else {
          goesOn = each.test(running.remove().get());
        }
      }
      pool.shutdownNow();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the simulator itself failed", e.getCause());
    }
  }

  private static Run one(Scenario scenario, long seed, Consumer<String> trace) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long start = threads.getCurrentThreadCpuTime();
    Simulation.Result result = Simulation.run(scenario, seed, trace);
    return new Run(result, threads.getCurrentThreadCpuTime() - start);
  }
}
