package io.dnvme.target;

import io.dnvme.nvme.IoOpcode;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What one command of 4 KiB costs a queue pair's rules, from its capsule to its answer and through
 * a memory disk, without sockets: everything that is ours. How: docs/performance.md.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class QueuePairRulesBenchmark {

  private CapsuleLoop reads;
  private CapsuleLoop writes;

  @Setup
  public void bringUp() {
    reads = new CapsuleLoop(IoOpcode.READ);
    writes = new CapsuleLoop(IoOpcode.WRITE);
  }

  @TearDown
  public void close() {
    reads.close();
    writes.close();
  }

  @Benchmark
  @OperationsPerInvocation(CapsuleLoop.BATCH)
  public void read4k() {
    reads.run(1);
  }

  @Benchmark
  @OperationsPerInvocation(CapsuleLoop.BATCH)
  public void writeInCapsule4k() {
    writes.run(1);
  }
}
