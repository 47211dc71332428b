package io.dnvme.volume.mirror;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.MemoryDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** 4 KiB commands through a group of memory disks, one at a time; 0 members: the bare disk. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class MirrorBenchmark {

  private static final int BLOCK = 4096;
  private static final long SIZE_BYTES = 64L << 20;
  private static final long STRIDE = 7_919;

  @Param({"0", "1", "2", "3"})
  private int members;

  /**
   * Where write intents are kept: in memory, or on the members as production does, without and with
   * checksums of the blocks.
   */
  @Param({"memory", "members", "checksums"})
  private String intents;

  private final ManualReactor home = new ManualReactor();
  private final MemorySegment data = Arena.ofAuto().allocate(BLOCK, BLOCK);
  private final BlockIo io = new BlockIo(home).onCompletion(BlockIo::release, null);
  private BlockDevice device;
  private long at;

  @Setup
  public void open() throws Exception {
    device =
        members == 0
            ? new MemoryDevice(new BlockGeometry(BLOCK, SIZE_BYTES / BLOCK))
            : intents.equals("memory")
                ? MirrorContract.group(home, members, SIZE_BYTES)
                : LoggedMirror.open(home, members, SIZE_BYTES, intents.equals("checksums"));
    for (long block = 0; block < SIZE_BYTES / BLOCK; block++) {
      write();
      // The first write of a region waits for its intent bit.
      home.settle();
    }
  }

  @TearDown
  public void close() {
    device.close();
    home.settle();
  }

  private long next() {
    at = (at + STRIDE) % (SIZE_BYTES / BLOCK);
    return at;
  }

  @Benchmark
  public BlockStatus write() {
    io.prepare(BlockOp.WRITE, next(), 1).data().add(data, 0, BLOCK);
    device.submit(io);
    return io.status();
  }

  @Benchmark
  public BlockStatus read() {
    io.prepare(BlockOp.READ, next(), 1);
    if (!device.traits().lendsReads()) {
      io.data().add(data, 0, BLOCK);
    }
    device.submit(io);
    return io.status();
  }
}
