package io.dnvme.main.bench;

import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.RemoteNamespace;
import io.dnvme.main.Sizes;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.ToLongFunction;
import org.HdrHistogram.Histogram;

/**
 * One run of a load on a namespace, from the thread that waits for it: start, ramp, measure, stop,
 * add up.
 */
final class LoadRun {

  /** For the commands in flight at the end, and for reading back what was written. */
  private static final long DRAIN_TIMEOUT_SECONDS = 30;

  private static final long READ_BACK_TIMEOUT_SECONDS = 3600;

  private final HostController controller;
  private final RemoteNamespace namespace;
  private final BenchSettings settings;
  private final CountDownLatch controllerGone;
  private final Progress progress;
  private final List<LoadWorker> workers = new ArrayList<>();

  /**
   * @param reactors of the workers, dealt out in turn
   * @param firstChunk where the load's part of the disk begins, in transfers
   * @param chunks its length, in transfers
   * @param controllerGone at zero when the controller has been given up
   */
  LoadRun(
      HostController controller,
      RemoteNamespace namespace,
      List<Reactor> reactors,
      BenchSettings settings,
      long firstChunk,
      long chunks,
      long runId,
      CountDownLatch controllerGone,
      Progress progress) {
    this.controller = controller;
    this.namespace = namespace;
    this.settings = settings;
    this.controllerGone = controllerGone;
    this.progress = progress;
    boolean shared = settings.workload().isRandom() && !settings.verify();
    long each = shared ? chunks : chunks / settings.workers();
    int blockBytes = namespace.geometry().blockSizeBytes();
    for (int i = 0; i < settings.workers(); i++) {
      long first = firstChunk + (shared ? 0 : i * each);
      int count = (int) Math.min(each, Integer.MAX_VALUE);
      ContentCheck check =
          settings.verify()
              ? new ContentCheck(
                  new BlockStamp(settings.seed(), runId, blockBytes),
                  first,
                  count,
                  settings.transferBytes() / blockBytes,
                  blockBytes)
              : null;
      workers.add(
          new LoadWorker(
              reactors.get(i % reactors.size()),
              namespace,
              settings,
              i,
              first,
              count,
              check,
              Arena.ofAuto()));
    }
  }

  BenchResult run() throws InterruptedException {
    for (LoadWorker worker : workers) {
      worker.reactor().execute(worker::start);
    }
    watch(settings.rampNanos());
    for (LoadWorker worker : workers) {
      onReactor(worker, worker::resetMeasurement);
    }
    long cpuBefore = processCpuNanos();
    long before = System.nanoTime();
    watch(settings.timeNanos());
    long after = System.nanoTime();
    double cpuCores = (double) (processCpuNanos() - cpuBefore) / (after - before);
    boolean unfinished = !stop();
    return result((after - before) / 1e9, cpuCores, unfinished);
  }

  /** Lets the load run, and tells of it once a second. */
  private void watch(long nanos) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    long left = nanos;
    long second = TimeUnit.SECONDS.toNanos(1);
    while (left > 0) {
      if (controllerGone.await(Math.min(left, second), TimeUnit.NANOSECONDS)) {
        return;
      }
      progress.show(sum(LoadCounters::reads), sum(LoadCounters::writes), errors());
      left = end - System.nanoTime();
    }
  }

  /** False where commands do not end. */
  private boolean stop() throws InterruptedException {
    CompletableFuture<?>[] ends =
        workers.stream()
            .map(worker -> {
              var end = new CompletableFuture<Void>();
              worker.reactor().execute(() -> worker.stop(end));
              return end;
            })
            .toArray(CompletableFuture<?>[]::new);
    long limit = settings.verify() ? READ_BACK_TIMEOUT_SECONDS : DRAIN_TIMEOUT_SECONDS;
    try {
      CompletableFuture.allOf(ends).get(limit, TimeUnit.SECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private BenchResult result(double seconds, double cpuCores, boolean unfinished) {
    Histogram reads = new Histogram(LoadWorker.MAX_LATENCY_NANOS, 3);
    Histogram writes = new Histogram(LoadWorker.MAX_LATENCY_NANOS, 3);
    Map<String, Long> errors = new TreeMap<>();
    long verified = 0;
    String firstMismatch = null;
    for (LoadWorker worker : workers) {
      reads.add(worker.reads());
      writes.add(worker.writes());
      LoadCounters counters = worker.counters();
      for (BlockStatus status : BlockStatus.values()) {
        if (counters.errors(status) > 0) {
          errors.merge(status.name(), counters.errors(status), Long::sum);
        }
      }
      verified += worker.check() == null ? 0 : worker.check().verifiedBlocks();
      firstMismatch = firstMismatch == null ? counters.firstMismatch() : firstMismatch;
    }
    return new BenchResult(
        describe(),
        settings,
        Math.round(seconds * 1000) / 1000.0,
        LatencySummary.of(reads, settings.transferBytes(), seconds),
        LatencySummary.of(writes, settings.transferBytes(), seconds),
        errors,
        verified,
        sum(LoadCounters::mismatches),
        firstMismatch,
        controller.counters().losses(),
        unfinished,
        Math.round(cpuCores * 100) / 100.0);
  }

  private String describe() {
    return String.format(
        "%s, namespace %d, %s in blocks of %d, %s",
        controller.options().subsystemNqn(),
        namespace.nsid(),
        Sizes.format(namespace.geometry().sizeBytes()),
        namespace.geometry().blockSizeBytes(),
        controller.model());
  }

  private long errors() {
    return sum(LoadCounters::errors);
  }

  private long sum(ToLongFunction<LoadCounters> figure) {
    return workers.stream().mapToLong(worker -> figure.applyAsLong(worker.counters())).sum();
  }

  private static void onReactor(LoadWorker worker, Runnable task) {
    CompletableFuture.runAsync(task, worker.reactor()).join();
  }

  private static long processCpuNanos() {
    var system = ManagementFactory.getOperatingSystemMXBean();
    return system instanceof com.sun.management.OperatingSystemMXBean known
        ? known.getProcessCpuTime()
        : 0;
  }
}
