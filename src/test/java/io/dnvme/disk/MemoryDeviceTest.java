package io.dnvme.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Buffer;
import io.dnvme.block.BufferPool;
import io.dnvme.block.IoCounters;
import io.dnvme.block.ManualReactor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MemoryDeviceTest {

  private final ManualReactor reactor = new ManualReactor();
  private final List<BlockIo> completed = new ArrayList<>();

  @AfterEach
  void close() {
    reactor.close();
  }

  private BlockIo read(long start, long blocks) {
    return command(BlockOp.READ, start, blocks);
  }

  private BlockIo command(BlockOp op, long start, long blocks) {
    return new BlockIo(reactor).prepare(op, start, blocks).onCompletion(completed::add, null);
  }

  private BlockIo write(long start, long blocks, long number) {
    byte[] content = new byte[(int) blocks * 4096];
    MemorySegment.ofArray(content).set(ValueLayout.JAVA_LONG_UNALIGNED, 0, number);
    BlockIo io = command(BlockOp.WRITE, start, blocks);
    io.data().add(MemorySegment.ofArray(content), 0, content.length);
    return io;
  }

  private static long firstNumber(BlockIo read) {
    return read.data().segment(0).get(ValueLayout.JAVA_LONG, read.data().offsetBytes(0));
  }

  @Test
  void hugeDevice_takesMemoryOnlyForWhatIsWritten_andGivesItBack() throws Exception {
    long blocks = (1L << 40) / 4096;
    long written = 64;
    try (var device = new MemoryDevice(new BlockGeometry(4096, blocks))) {
      long before = residentBytes();
      for (long i = 0; i < written; i++) {
        device.submit(write(i * 256, 256, i));
      }
      long full = residentBytes();
      assertThat(full - before).as("64 MiB written").isGreaterThan(32L << 20);
      device.submit(command(BlockOp.DEALLOCATE, 0, written * 256));
      reactor.settle();
      assertThat(completed).hasSize((int) written + 1);
      assertThat(full - residentBytes()).as("given back").isGreaterThan(32L << 20);
      BlockIo read = read(256, 1);
      device.submit(read);
      assertThat(firstNumber(read)).isZero();
      read.release();
    }
  }

  /** Resident anonymous memory of this process. */
  private static long residentBytes() throws Exception {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("RssAnon:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    throw new AssertionError("no RssAnon in /proc/self/status");
  }

  @Test
  void write_whileViewsAreLent_waits_andNeedsItsDataNoMore() throws Exception {
    try (var device = new MemoryDevice(new BlockGeometry(4096, 16))) {
      device.submit(write(0, 1, 1));
      BlockIo read = read(0, 1);
      device.submit(read);
      BlockIo write = write(0, 2, 2);
      device.submit(write);
      write.data().segment(0).fill((byte) 0xDB);
      reactor.settle();
      assertThat(completed).doesNotContain(write);
      assertThat(firstNumber(read)).isEqualTo(1);
      assertThat(reactor.buffers().inUse()).isEqualTo(1);

      read.release();
      reactor.settle();
      assertThat(completed).last().isSameAs(write);
      BlockIo again = read(0, 1);
      device.submit(again);
      assertThat(firstNumber(again)).isEqualTo(2);
      again.release();
    }
  }

  @Test
  void compareAndWrite_thatHadToWait_comparesWithItsCopy() throws Exception {
    try (var device = new MemoryDevice(new BlockGeometry(4096, 16))) {
      device.submit(write(0, 1, 1));
      BlockIo read = read(0, 1);
      device.submit(read);
      BlockIo equal = write(0, 1, 2);
      equal.prepare(BlockOp.COMPARE_AND_WRITE, 0, 1);
      addNumber(equal, 2, false);
      addNumber(equal, 1, true);
      BlockIo different = write(0, 1, 3);
      different.prepare(BlockOp.COMPARE_AND_WRITE, 0, 1);
      addNumber(different, 3, false);
      addNumber(different, 1, true);
      device.submit(equal);
      device.submit(different);
      read.release();
      reactor.settle();
      assertThat(equal.status()).isEqualTo(BlockStatus.SUCCESS);
      assertThat(different.status()).isEqualTo(BlockStatus.COMPARE_FAILED);
    }
  }

  private static void addNumber(BlockIo io, long number, boolean toCompare) {
    var memory = MemorySegment.ofArray(new byte[4096]);
    memory.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, number);
    (toCompare ? io.compareData() : io.data()).add(memory, 0, 4096);
  }

  @Test
  void writeThatWaits_withoutABufferLeft_isBusy() throws Exception {
    try (var device = new MemoryDevice(new BlockGeometry(4096, 16))) {
      BlockIo read = read(0, 1);
      device.submit(read);
      List<Buffer> taken = new ArrayList<>();
      for (var b = take(); b != null; b = take()) {
        taken.add(b);
      }
      BlockIo write = write(0, 1, 2);
      device.submit(write);
      read.release();
      reactor.settle();
      assertThat(write.status()).isEqualTo(BlockStatus.BUSY);
      taken.forEach(Buffer::giveBack);
    }
  }

  private Buffer take() {
    return reactor.buffers().tryAcquire(BufferPool.MAX_BUFFER_BYTES);
  }

  @Test
  void closedWhileLent_isRefused() throws Exception {
    var device = new MemoryDevice(new BlockGeometry(4096, 16));
    BlockIo read = read(0, 1);
    device.submit(read);
    assertThatThrownBy(device::close).hasMessageContaining("lent");
    read.release();
    device.close();
  }

  @Test
  void moreThanTheAddressSpace_isRefusedClearly() {
    assertThatThrownBy(() -> new MemoryDevice(new BlockGeometry(4096, 1L << 46)))
        .isInstanceOf(DeviceOpenException.class)
        .hasMessageContaining("cannot map 288230376151711744 bytes of memory: out of memory")
        .hasMessageContaining("smaller disk");
  }

  @Test
  void commands_areCounted() throws Exception {
    try (var device = new MemoryDevice(new BlockGeometry(4096, 16))) {
      device.submit(write(0, 2, 1));
      BlockIo read = read(0, 1);
      device.submit(read);
      read.release();
      device.submit(read(16, 1));
      assertThat(device.counters().sum(c -> c.bytes(BlockOp.WRITE))).isEqualTo(8192);
      assertThat(device.counters().sum(c -> c.operations(BlockOp.READ))).isEqualTo(2);
      assertThat(device.counters().sum(c -> c.errors(BlockOp.READ))).isEqualTo(1);
      assertThat(device.counters().sum(IoCounters::inFlight)).isZero();
    }
  }

  @Test
  void steadyState_allocatesNothing() throws Exception {
    int commands = 20_000;
    try (var device = new MemoryDevice(new BlockGeometry(4096, 16))) {
      var io = new BlockIo(reactor);
      MemorySegment content = MemorySegment.ofArray(new byte[4096]);
      long before = 0;
      for (int i = 0; i < 3 * commands; i++) {
        // Compiling itself allocates here and there: the first two thirds are for that.
        if (i == 2 * commands) {
          before = AllocatedBytes.of(Thread.currentThread());
        }
        io.prepare(BlockOp.READ, i % 16, 1).onCompletion(BlockIo::release, null);
        device.submit(io);
        io.prepare(BlockOp.WRITE, i % 16, 1).data().add(content, 0, 4096);
        device.submit(io);
      }
      assertThat(AllocatedBytes.of(Thread.currentThread()) - before).isLessThan(commands);
    }
  }
}
