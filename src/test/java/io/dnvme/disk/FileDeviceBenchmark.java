package io.dnvme.disk;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.Buffer;
import io.dnvme.block.TestReactor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Random commands of 4 KiB on a file of 1 GiB that was written before, so many at a time from one
 * reactor. The file is made in the directory that {@code -Ddnvme.bench.dir} names, or the temporary
 * one.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 3)
@Fork(1)
public class FileDeviceBenchmark {

  private static final int BLOCK = 4096;
  private static final long SIZE_BYTES = 1L << 30;
  private static final int COMMANDS = 10_000;

  @Param({"1", "32"})
  private int queueDepth;

  @Param({"false", "true"})
  private boolean direct;

  @Param("16")
  private int ioThreads;

  private TestReactor reactor;
  private Path path;
  private FileDevice device;
  private Lane[] lanes;

  /** One command of those in flight. */
  private final class Lane {
    private final BlockIo io = new BlockIo(reactor);
    private final Buffer buffer = reactor.buffers().tryAcquire(BLOCK);
    private final SplittableRandom random;
    private BlockOp op;
    private int left;
    private CompletableFuture<Void> done;

    Lane(int index) {
      random = new SplittableRandom(index);
    }

    void start(BlockOp operation, int commands, CompletableFuture<Void> allDone) {
      op = operation;
      left = commands;
      done = allDone;
      submit();
    }

    private void submit() {
      io.prepare(op, random.nextLong(SIZE_BYTES / BLOCK), 1).onCompletion(this::completed, null);
      io.data().add(buffer.segment(), 0, BLOCK);
      device.submit(io);
    }

    private void completed(BlockIo completed) {
      if (!completed.status().isSuccess()) {
        done.completeExceptionally(new IllegalStateException(completed.toString()));
      } else if (--left > 0) {
        submit();
      } else if (--lanesRunning == 0) {
        done.complete(null);
      }
    }
  }

  private int lanesRunning;

  @Setup
  public void open() throws IOException {
    Path directory =
        Path.of(System.getProperty("dnvme.bench.dir", System.getProperty("java.io.tmpdir")));
    path = Files.createTempFile(directory, "dnvme", ".disk");
    FileDeviceOptions options =
        FileDeviceOptions.defaults().withDirect(direct).withIoThreads(ioThreads);
    device = FileDevice.create(path, SIZE_BYTES, options);
    reactor = new TestReactor(0);
    lanes =
        reactor.call(() -> {
          var made = new Lane[queueDepth];
          for (int i = 0; i < queueDepth; i++) {
            made[i] = new Lane(i);
          }
          return made;
        });
    fill();
  }

  private void fill() throws IOException {
    try (var channel = Files.newByteChannel(path, StandardOpenOption.WRITE)) {
      var chunk = ByteBuffer.allocateDirect(1 << 20);
      for (long at = 0; at < SIZE_BYTES; at += chunk.capacity()) {
        channel.write(chunk.clear());
      }
    }
  }

  @TearDown
  public void close() throws IOException {
    device.close();
    reactor.run(() -> {
      for (Lane lane : lanes) {
        lane.buffer.giveBack();
      }
    });
    reactor.close();
    Files.delete(path);
  }

  @Benchmark
  @OperationsPerInvocation(COMMANDS)
  public void read() {
    run(BlockOp.READ);
  }

  @Benchmark
  @OperationsPerInvocation(COMMANDS)
  public void write() {
    run(BlockOp.WRITE);
  }

  private void run(BlockOp op) {
    var done = new CompletableFuture<Void>();
    reactor.execute(() -> {
      lanesRunning = queueDepth;
      for (Lane lane : lanes) {
        lane.start(op, COMMANDS / queueDepth, done);
      }
    });
    TestReactor.await(done);
  }
}
