package io.dnvme.block;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Entering and leaving the gate without a conflict, at places all over the device. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class OverlapGateBenchmark {

  private static final long BLOCKS = 1 << 20;
  private static final long STRIDE = 7_919;

  private final OverlapGate gate = new OverlapGate(new BlockGeometry(4096, BLOCKS), io -> {});
  private final BlockIo io = new BlockIo(new ManualReactor());

  @Param({"1", "32"})
  private int blocks;

  private long at;

  private long next() {
    at = (at + STRIDE) % (BLOCKS - blocks);
    return at;
  }

  @Benchmark
  public boolean shared() {
    return pass(BlockOp.READ);
  }

  @Benchmark
  public boolean exclusive() {
    return pass(BlockOp.WRITE);
  }

  private boolean pass(BlockOp op) {
    io.prepare(op, next(), blocks);
    boolean entered = gate.enter(io);
    gate.leave(io);
    return entered;
  }

  /** What the benchmark itself costs. */
  @Benchmark
  public BlockIo baseline() {
    return io.prepare(BlockOp.READ, next(), blocks);
  }
}
