package io.dnvme.main.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.ManualReactor;
import java.lang.foreign.Arena;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LoadWorkerTest {

  private static final int TRANSFER_BYTES = 1024;
  private static final int CHUNKS = 64;
  private static final int DEPTH = 8;

  private long runs;

  private final ManualReactor reactor = new ManualReactor();
  private final LyingDevice device =
      new LyingDevice(4L * CHUNKS * TRANSFER_BYTES / LyingDevice.BLOCK_BYTES);

  @AfterEach
  void close() {
    reactor.close();
  }

  private LoadWorker worker(Workload workload, int readPercent, double rate, boolean verify) {
    var settings =
        new BenchSettings(
            workload,
            TRANSFER_BYTES,
            DEPTH,
            1,
            workload.readPercent(readPercent),
            1,
            0,
            rate,
            verify,
            42);
    var check =
        verify
            ? new ContentCheck(
                new BlockStamp(42, ++runs, LyingDevice.BLOCK_BYTES),
                CHUNKS,
                CHUNKS,
                TRANSFER_BYTES / LyingDevice.BLOCK_BYTES,
                LyingDevice.BLOCK_BYTES)
            : null;
    return new LoadWorker(reactor, device, settings, 0, CHUNKS, CHUNKS, check, Arena.ofAuto());
  }

  /** Runs so many tasks of the load, then stops it. */
  private void run(LoadWorker worker, int steps) {
    reactor.run(worker::start);
    for (int i = 0; i < steps; i++) {
      if (!reactor.step()) {
        reactor.advance(TimeUnit.MILLISECONDS.toNanos(10));
      }
    }
    var done = new CompletableFuture<Void>();
    reactor.run(() -> worker.stop(done));
    reactor.advance(TimeUnit.SECONDS.toNanos(1));
    assertThat(done).isCompleted();
  }

  @ParameterizedTest
  @EnumSource(Workload.class)
  void everyWorkload_countsWhatItDoes(Workload workload) {
    LoadWorker worker = worker(workload, 70, 0, false);
    run(worker, 1000);
    LoadCounters counters = worker.counters();
    assertThat(counters.reads()).isEqualTo(device.reads);
    assertThat(counters.writes()).isEqualTo(device.writes);
    assertThat(counters.reads() + counters.writes()).isEqualTo(1000 + DEPTH);
    assertThat(worker.reads().getTotalCount()).isEqualTo(counters.reads());
    assertThat(worker.writes().getTotalCount()).isEqualTo(counters.writes());
    double share = (double) counters.reads() / (1000 + DEPTH);
    assertThat(share).isBetween(workload.readPercent(70) / 100.0 - 0.1, 1.0);
  }

  @Test
  void truth_isVerified_duringTheRunAndAfterIt() {
    LoadWorker worker = worker(Workload.RW, 50, 0, true);
    run(worker, 2000);
    assertThat(worker.counters().mismatches()).isZero();
    assertThat(worker.check().verifiedBlocks()).isGreaterThan(worker.counters().reads() * 2 - 1);
    assertThat(device.reads).isGreaterThan((int) worker.counters().reads());
  }

  @ParameterizedTest
  @EnumSource(names = {"FORGET", "MISPLACE", "DAMAGE"})
  void everyLie_isFound(LyingDevice.Lie lie) {
    device.lie = lie;
    device.truthsBefore = 300;
    LoadWorker worker = worker(Workload.RANDWRITE, 0, 0, true);
    run(worker, 600);
    assertThat(worker.counters().mismatches()).isPositive();
    assertThat(worker.counters().firstMismatch()).startsWith("LBA ").contains("expected", "got");
  }

  @Test
  void failedWrites_areCountedAndNotHeldAgainstTheContent() {
    device.lie = LyingDevice.Lie.FAIL;
    device.truthsBefore = 100;
    LoadWorker worker = worker(Workload.RW, 50, 0, true);
    run(worker, 400);
    assertThat(worker.counters().errors()).isPositive();
    assertThat(worker.counters().mismatches()).isZero();
  }

  @Test
  void blocksOfAnEarlierRun_areAcceptedUntilOverwritten() {
    run(worker(Workload.WRITE, 0, 0, true), 2 * CHUNKS);
    LoadWorker second = worker(Workload.RW, 50, 0, true);
    run(second, 500);
    assertThat(second.counters().mismatches()).isZero();
  }

  @Test
  void rate_isKept_andLatencyCountsFromWhenACommandWasDue() {
    LoadWorker worker = worker(Workload.RANDREAD, 100, 1000, false);
    reactor.run(worker::start);
    reactor.advance(TimeUnit.SECONDS.toNanos(2));
    assertThat(worker.counters().reads()).isBetween(1990L, 2010L);
    var done = new CompletableFuture<Void>();
    reactor.run(() -> worker.stop(done));
    reactor.advance(TimeUnit.SECONDS.toNanos(1));
    assertThat(done).isCompleted();
    assertThat(worker.reads().getMaxValue()).isLessThan(TimeUnit.MILLISECONDS.toNanos(2));
  }
}
