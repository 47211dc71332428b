package io.dnvme.disk;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.Buffer;
import io.dnvme.block.ManualReactor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A command of 4 KiB from submission to completion, at places all over 512 MiB that were written
 * before. A read's views are given back and not looked at; a write copies.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class MemoryDeviceBenchmark {

  private static final int BLOCK = 4096;
  private static final long BLOCKS = (512L << 20) / BLOCK;
  private static final long STRIDE = 7_919;

  private final ManualReactor reactor = new ManualReactor();
  private final BlockIo io = new BlockIo(reactor);
  private MemoryDevice device;
  private Buffer buffer;
  private long at;

  @Setup
  public void open() throws DeviceOpenException {
    device = new MemoryDevice(new BlockGeometry(BLOCK, BLOCKS));
    buffer = reactor.buffers().tryAcquire(BLOCK);
    for (long block = 0; block < BLOCKS; block++) {
      write();
    }
  }

  @TearDown
  public void close() {
    device.close();
    buffer.giveBack();
    reactor.close();
  }

  private long next() {
    at = (at + STRIDE) % BLOCKS;
    return at;
  }

  @Benchmark
  public Object read() {
    io.prepare(BlockOp.READ, next(), 1).onCompletion(BlockIo::release, null);
    device.submit(io);
    return io.status();
  }

  @Benchmark
  public Object write() {
    io.prepare(BlockOp.WRITE, next(), 1).onCompletion(BlockIo::release, null);
    io.data().add(buffer.segment(), 0, BLOCK);
    device.submit(io);
    return io.status();
  }
}
