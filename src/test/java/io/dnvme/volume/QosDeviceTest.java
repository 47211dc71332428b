package io.dnvme.volume;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.IoCounters;
import io.dnvme.block.ManualReactor;
import io.dnvme.block.VirtualTime;
import io.dnvme.disk.MemoryDevice;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class QosDeviceTest {

  private static final int BLOCK = 4096;
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final VirtualTime time = new VirtualTime();
  private final ManualReactor one = new ManualReactor(time, 0);
  private final ManualReactor two = new ManualReactor(time, 1);
  private final MemorySegment data = MemorySegment.ofArray(new byte[64 * BLOCK]);
  private final List<BlockIo> completed = new ArrayList<>();
  private QosDevice device;

  @BeforeEach
  void open() throws Exception {
    device = new QosDevice(new MemoryDevice(new BlockGeometry(BLOCK, 256)), QosLimits.UNLIMITED);
  }

  @AfterEach
  void close() {
    assertThat(device.counters().sum(IoCounters::inFlight)).isZero();
    device.close();
    one.close();
    two.close();
  }

  private static QosLimits reads(long operationsPerSecond, long burst) {
    return new QosLimits(
        new RateLimit(operationsPerSecond, burst),
        RateLimit.UNLIMITED,
        RateLimit.UNLIMITED,
        RateLimit.UNLIMITED);
  }

  private static QosLimits writeBytes(long perSecond, long burst) {
    return new QosLimits(
        RateLimit.UNLIMITED,
        RateLimit.UNLIMITED,
        RateLimit.UNLIMITED,
        new RateLimit(perSecond, burst));
  }

  private BlockIo submit(ManualReactor reactor, BlockOp op, long start, long blocks) {
    BlockIo io = new BlockIo(reactor).prepare(op, start, blocks);
    if (op == BlockOp.WRITE || op == BlockOp.COMPARE) {
      io.data().add(data, 0, Math.min(blocks, 64) * BLOCK);
    }
    io.onCompletion(
        done -> {
          done.release();
          completed.add(done);
        },
        null);
    reactor.run(() -> device.submit(io));
    return io;
  }

  @Test
  void unlimited_passesInline_uncounted() {
    submit(one, BlockOp.READ, 0, 1);
    submit(one, BlockOp.WRITE, 0, 1);
    assertThat(completed).hasSize(2);
    assertThat(device.counters().sum(c -> c.operations(BlockOp.READ))).isZero();
  }

  @Test
  void operations_passAtTheirRate_inOrder() {
    device.limits(reads(100, 0));
    List<BlockIo> submitted = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      submitted.add(submit(one, BlockOp.READ, i, 1));
    }
    time.advance(249 * MILLI);
    assertThat(completed.size()).isBetween(24, 27);
    time.advance(SECOND);
    assertThat(completed).containsExactlyElementsOf(submitted);
    assertThat(device.counters().sum(c -> c.operations(BlockOp.READ))).isEqualTo(50);
    assertThat(device.counters().sum(c -> c.busyNanos(BlockOp.READ)))
        .as("0 + 10 + 20 + … ms, less the least burst")
        .isBetween(11 * SECOND, 13 * SECOND);
    assertThat(time.alarmsPending()).isZero();
  }

  @Test
  void bytes_passAtTheirRate() {
    device.limits(writeBytes(10 * BLOCK, 0));
    for (int i = 0; i < 10; i++) {
      submit(one, BlockOp.WRITE, 0, 5);
    }
    assertThat(completed).hasSize(1);
    time.advance(SECOND);
    assertThat(completed).hasSize(3);
    time.advance(4 * SECOND);
    assertThat(completed).hasSize(10);
  }

  @Test
  void otherKinds_areNotHeldUp() {
    device.limits(reads(1, 0));
    submit(one, BlockOp.READ, 0, 1);
    BlockIo compare = submit(one, BlockOp.COMPARE, 0, 1);
    assertThat(completed).as("a compare counts as a read").doesNotContain(compare);
    for (BlockOp op :
        List.of(BlockOp.WRITE, BlockOp.WRITE_ZEROES, BlockOp.DEALLOCATE, BlockOp.FLUSH)) {
      BlockIo io = submit(one, op, 0, op == BlockOp.FLUSH ? 0 : 1);
      assertThat(completed).as("%s", op).contains(io);
    }
    time.advance(SECOND);
    assertThat(completed).contains(compare);
  }

  @Test
  void zeroing_isAnOperation_butNoBytes() {
    device.limits(writeBytes(1, 0));
    for (int i = 0; i < 10; i++) {
      submit(one, BlockOp.WRITE_ZEROES, 0, 256);
      submit(one, BlockOp.DEALLOCATE, 0, 256);
    }
    assertThat(completed).hasSize(20);
    completed.clear();
    device.limits(
        new QosLimits(
            RateLimit.UNLIMITED, new RateLimit(1, 0), RateLimit.UNLIMITED, RateLimit.UNLIMITED));
    submit(one, BlockOp.WRITE_ZEROES, 0, 256);
    submit(one, BlockOp.DEALLOCATE, 0, 256);
    assertThat(completed).hasSize(1);
    time.advance(SECOND);
    assertThat(completed).hasSize(2);
  }

  @Test
  void burst_passesAtOnce() {
    device.limits(reads(10, 5));
    for (int i = 0; i < 10; i++) {
      submit(one, BlockOp.READ, 0, 1);
    }
    assertThat(completed).hasSize(6);
    time.advance(SECOND);
    assertThat(completed).hasSize(10);
  }

  @Test
  void twoReactors_shareOneLimit_fairly() {
    device.limits(reads(1_000, 0));
    List<BlockIo> ofOne = new ArrayList<>();
    List<BlockIo> ofTwo = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      ofOne.add(submit(one, BlockOp.READ, 0, 1));
    }
    for (int i = 0; i < 1_000; i++) {
      ofTwo.add(submit(two, BlockOp.READ, 0, 1));
    }
    time.advance(SECOND);
    assertThat(completed.size()).isBetween(1_000, 1_020);
    assertThat(completed).filteredOn(ofOne::contains).hasSizeBetween(480, 530);
    assertThat(completed).filteredOn(ofTwo::contains).hasSizeBetween(480, 530);
    time.advance(SECOND);
    assertThat(completed).hasSize(2_000);
  }

  @Test
  void raisedLimit_letsWaitersGo() {
    device.limits(writeBytes(1, 0));
    for (int i = 0; i < 5; i++) {
      submit(one, BlockOp.WRITE, 0, 64);
    }
    time.advance(SECOND);
    assertThat(completed).hasSize(1);
    device.limits(QosLimits.UNLIMITED);
    time.settle();
    assertThat(completed).hasSize(5);
    assertThat(time.alarmsPending()).isZero();
    assertThat(device.limits()).isEqualTo(QosLimits.UNLIMITED);
  }

  @Test
  void loweredLimit_holdsFromNowOn() {
    device.limits(reads(1_000_000, 0));
    submit(one, BlockOp.READ, 0, 1);
    device.limits(reads(1, 0));
    time.settle();
    submit(one, BlockOp.READ, 0, 1);
    submit(one, BlockOp.READ, 0, 1);
    assertThat(completed).hasSize(2);
    time.advance(SECOND);
    assertThat(completed).hasSize(3);
  }

  @Test
  void whatCannotBeDone_isRefusedAtOnce_andCostsNothing() {
    device.limits(writeBytes(1, 0));
    BlockIo beyond = submit(one, BlockOp.WRITE, 255, 64);
    BlockIo huge = submit(one, BlockOp.WRITE, 0, Long.MAX_VALUE);
    assertThat(beyond.status()).isEqualTo(BlockStatus.OUT_OF_RANGE);
    assertThat(huge.status()).isEqualTo(BlockStatus.OUT_OF_RANGE);
    submit(one, BlockOp.WRITE, 0, 1);
    assertThat(completed).hasSize(3);
  }

  @Test
  void completionThatSubmitsTheNext_keepsTheRate() {
    device.limits(reads(1_000, 0));
    var io = new BlockIo(one);
    int[] done = {0};
    io.prepare(BlockOp.READ, 0, 1)
        .onCompletion(
            completedIo -> {
              completedIo.release();
              if (++done[0] < 2_000) {
                device.submit(completedIo.prepare(BlockOp.READ, 0, 1));
              }
            },
            null);
    one.run(() -> device.submit(io));
    time.advance(SECOND);
    assertThat(done[0]).isBetween(1_000, 1_020);
    assertThat(time.alarmsPending()).isEqualTo(1);
    time.advance(SECOND);
    assertThat(done[0]).isEqualTo(2_000);
  }
}
