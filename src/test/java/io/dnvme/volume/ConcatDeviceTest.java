package io.dnvme.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.DeviceTraits;
import io.dnvme.block.ManualReactor;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConcatDeviceTest {

  private static final int BLOCK = 512;
  private static final DeviceTraits TRAITS = new DeviceTraits(false, false, false, true, 1 << 16);

  /** Keeps what it is sent until the test completes it; or does it at once. */
  private static final class Part implements BlockDevice {
    final List<String> seen = new ArrayList<>();
    final List<BlockIo> held = new ArrayList<>();
    final BlockGeometry geometry;
    DeviceTraits traits = TRAITS;
    boolean atOnce;
    boolean closed;

    Part(int blockSizeBytes, long blocks) {
      geometry = new BlockGeometry(blockSizeBytes, blocks);
    }

    @Override
    public BlockGeometry geometry() {
      return geometry;
    }

    @Override
    public DeviceTraits traits() {
      return traits;
    }

    @Override
    public void submit(BlockIo io) {
      if (atOnce) {
        io.complete(BlockStatus.SUCCESS);
        return;
      }
      String fua = io.forceUnitAccess() ? " FUA" : "";
      seen.add("%s %d+%d%s".formatted(io.op(), io.startBlock(), io.blockCount(), fua));
      held.add(io);
    }

    void complete(BlockStatus status) {
      held.removeFirst().complete(status);
    }

    byte firstByte() {
      BlockIo io = held.getFirst();
      return io.data()
          .segment(0)
          .get(java.lang.foreign.ValueLayout.JAVA_BYTE, io.data().offsetBytes(0));
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private final ManualReactor reactor = new ManualReactor();
  private final Part a = new Part(BLOCK, 10);
  private final Part b = new Part(BLOCK, 3);
  private final Part c = new Part(BLOCK, 20);
  private final ConcatDevice concat = new ConcatDevice(List.of(a, b, c));
  private final List<BlockStatus> told = new ArrayList<>();

  @AfterEach
  void close() {
    reactor.close();
  }

  @Test
  void sizesAddUp_traitsAreTheLeast() {
    assertThat(concat.geometry()).isEqualTo(new BlockGeometry(BLOCK, 33));
    assertThat(concat.traits()).isEqualTo(TRAITS);
    b.traits = new DeviceTraits(false, true, true, true, 1 << 16);
    assertThat(concat.traits().volatileCache()).as("of a device that got one").isTrue();
  }

  @Test
  void insideTheFirst_isPassedOnAsItIs() {
    BlockIo io = submit(BlockOp.WRITE, 2, 3);
    assertThat(a.held).containsExactly(io);
  }

  @Test
  void insideAnother_hasItsAddressThere() {
    submit(BlockOp.WRITE, 13, 4);
    assertThat(c.seen).containsExactly("WRITE 0+4");
    c.complete(BlockStatus.SUCCESS);
    assertThat(told).containsExactly(BlockStatus.SUCCESS);
  }

  @Test
  void acrossBorders_isSplit_eachWithItsData_andOverWhenAllAre() {
    byte[] data = new byte[6 * BLOCK];
    for (int i = 0; i < 6; i++) {
      Arrays.fill(data, i * BLOCK, (i + 1) * BLOCK, (byte) i);
    }
    BlockIo io = new BlockIo(reactor).prepare(BlockOp.WRITE, 9, 6).forceUnitAccess(true);
    io.data().add(MemorySegment.ofArray(data), 0, data.length);
    concat.submit(io.onCompletion(done -> told.add(done.status()), null));
    assertThat(a.seen).containsExactly("WRITE 9+1 FUA");
    assertThat(b.seen).containsExactly("WRITE 0+3 FUA");
    assertThat(c.seen).containsExactly("WRITE 0+2 FUA");
    assertThat(List.of(a.firstByte(), b.firstByte(), c.firstByte()))
        .containsExactly((byte) 0, (byte) 1, (byte) 4);
    c.complete(BlockStatus.SUCCESS);
    a.complete(BlockStatus.SUCCESS);
    assertThat(told).isEmpty();
    b.complete(BlockStatus.SUCCESS);
    assertThat(told).containsExactly(BlockStatus.SUCCESS);
  }

  @Test
  void compareZeroesAndDeallocate_areSplitToo() {
    for (BlockOp op : List.of(BlockOp.COMPARE, BlockOp.WRITE_ZEROES, BlockOp.DEALLOCATE)) {
      submit(op, 12, 2);
      assertThat(b.seen.getLast()).isEqualTo(op + " 2+1");
      assertThat(c.seen.getLast()).isEqualTo(op + " 0+1");
      b.complete(BlockStatus.SUCCESS);
      c.complete(op == BlockOp.COMPARE ? BlockStatus.COMPARE_FAILED : BlockStatus.SUCCESS);
    }
    assertThat(told)
        .containsExactly(BlockStatus.COMPARE_FAILED, BlockStatus.SUCCESS, BlockStatus.SUCCESS);
  }

  @Test
  void flush_goesToAll_alsoWhereOneFails() {
    submit(BlockOp.FLUSH, 0, 0);
    b.complete(BlockStatus.WRITE_FAULT);
    a.complete(BlockStatus.PATH_LOST);
    assertThat(told).isEmpty();
    c.complete(BlockStatus.SUCCESS);
    assertThat(told).as("the first that failed").containsExactly(BlockStatus.WRITE_FAULT);
  }

  @Test
  void compareAndWriteAcrossABorder_isInvalid_andNothingIsDone() {
    submit(BlockOp.COMPARE_AND_WRITE, 9, 2);
    assertThat(told).containsExactly(BlockStatus.INVALID);
    assertThat(a.seen).isEmpty();
    assertThat(b.seen).isEmpty();
    submit(BlockOp.COMPARE_AND_WRITE, 10, 3);
    assertThat(b.seen).containsExactly("COMPARE_AND_WRITE 0+3");
  }

  @Test
  void outOfRange_isRefused_beforeAnyDeviceSeesIt() {
    submit(BlockOp.WRITE, 32, 2);
    assertThat(told).containsExactly(BlockStatus.OUT_OF_RANGE);
    assertThat(c.seen).isEmpty();
  }

  @Test
  void moreThanTheLimit_isBusy_untilOneIsOver() {
    for (int i = 0; i < ConcatDevice.COMMANDS_PER_REACTOR; i++) {
      submit(BlockOp.DEALLOCATE, 13, 1);
    }
    assertThat(told).isEmpty();
    submit(BlockOp.DEALLOCATE, 13, 1);
    assertThat(told).containsExactly(BlockStatus.BUSY);
    c.complete(BlockStatus.SUCCESS);
    submit(BlockOp.DEALLOCATE, 13, 1);
    assertThat(told).containsExactly(BlockStatus.BUSY, BlockStatus.SUCCESS);
  }

  @Test
  void whatCannotBeJoined_isRefused() {
    assertThatThrownBy(() -> new ConcatDevice(List.of(a, new Part(4096, 1))))
        .hasMessageContaining("device 1 has 4096 bytes, the first 512");
    assertThatThrownBy(() -> new ConcatDevice(List.of())).hasMessageContaining("not 0");
    var most = Collections.nCopies(ConcatDevice.MAX_DEVICES, a);
    assertThat(new ConcatDevice(most).geometry().blockCount()).isEqualTo(10_240);
    assertThatThrownBy(() -> new ConcatDevice(Collections.nCopies(ConcatDevice.MAX_DEVICES + 1, a)))
        .hasMessageContaining("1 to 1024 devices");
  }

  @Test
  void closed_closesAll_andRefuses() {
    concat.close();
    assertThat(List.of(a.closed, b.closed, c.closed)).doesNotContain(false);
    submit(BlockOp.FLUSH, 0, 0);
    assertThat(told).containsExactly(BlockStatus.FAILED);
  }

  @Test
  void splitCommands_steadyState_allocateNothing() {
    a.atOnce = true;
    b.atOnce = true;
    c.atOnce = true;
    var io = new BlockIo(reactor).onCompletion(BlockIo::release, null);
    MemorySegment data = MemorySegment.ofArray(new byte[6 * BLOCK]);
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int attempt = 0; attempt < 8 && least > 16 << 10; attempt++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 20_000; i++) {
        io.prepare(BlockOp.WRITE, 9, 6).data().add(data, 0, 6 * BLOCK);
        concat.submit(io);
        io.prepare(BlockOp.READ, 15, 2).data().add(data, 0, 2 * BLOCK);
        concat.submit(io);
        concat.submit(io.prepare(BlockOp.FLUSH, 0, 0));
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(least).as("bytes for 60000 commands").isLessThan(16 << 10);
  }

  private BlockIo submit(BlockOp op, long start, int count) {
    BlockIo io = new BlockIo(reactor).prepare(op, start, count);
    MemorySegment data = MemorySegment.ofArray(new byte[count * BLOCK]);
    switch (op) {
      case READ, WRITE, COMPARE -> io.data().add(data, 0, data.byteSize());
      case COMPARE_AND_WRITE -> {
        io.data().add(data, 0, data.byteSize());
        io.compareData().add(data, 0, data.byteSize());
      }
      case FLUSH, WRITE_ZEROES, DEALLOCATE -> {}
    }
    concat.submit(io.onCompletion(done -> told.add(done.status()), null));
    return io;
  }
}
