package io.dnvme.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.FaultDevice.Fault;
import io.dnvme.disk.MemoryDevice;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Without a fault it keeps the contract; with one it does what it says. */
class FaultDeviceTest extends BlockDeviceContract {

  private static final int BLOCK = 4096;

  private FaultDevice faults;

  @Override
  protected BlockDevice open() throws Exception {
    faults = new FaultDevice(new MemoryDevice(new BlockGeometry(BLOCK, SIZE_BYTES / BLOCK)));
    return faults;
  }

  private static byte[] blocks(int count, int value) {
    byte[] content = new byte[count * BLOCK];
    Arrays.fill(content, (byte) value);
    return content;
  }

  @Test
  void fail_befallsWhatFits_asOftenAsSaid() {
    faults
        .inject(new Fault.Fail(BlockStatus.WRITE_FAULT))
        .on(BlockOp.WRITE, BlockOp.DEALLOCATE)
        .at(10, 2)
        .after(1)
        .times(2);
    assertThat(access.write(8, blocks(2, 1))).as("beside").isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.write(10, blocks(1, 1))).as("the first").isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.read(10, 1)).as("another operation").isEqualTo(blocks(1, 1));
    assertThat(access.write(9, blocks(2, 2))).isEqualTo(BlockStatus.WRITE_FAULT);
    assertThat(access.deallocate(11, 1)).isEqualTo(BlockStatus.WRITE_FAULT);
    assertThat(access.write(10, blocks(1, 3))).as("no more").isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.read(9, 1)).as("nothing was done").isEqualTo(blocks(1, 1));
  }

  @Test
  void failAfterwards_wasDone() {
    faults.inject(new Fault.FailAfterwards(BlockStatus.PATH_LOST)).times(1);
    assertThat(access.write(0, blocks(2, 1))).isEqualTo(BlockStatus.PATH_LOST);
    assertThat(access.read(0, 2)).isEqualTo(blocks(2, 1));
  }

  @Test
  void tear_writesTheFirstBlocksOnly() {
    access.write(0, blocks(4, 1));
    faults.inject(new Fault.Tear(3, BlockStatus.WRITE_FAULT)).on(BlockOp.WRITE);
    assertThat(access.write(0, blocks(4, 2))).isEqualTo(BlockStatus.WRITE_FAULT);
    faults.heal();
    assertThat(access.read(0, 3)).isEqualTo(blocks(3, 2));
    assertThat(access.read(3, 1)).isEqualTo(blocks(1, 1));
  }

  @Test
  void hold_hangs_untilReleased() {
    faults.inject(new Fault.Hold()).on(BlockOp.FLUSH).times(1);
    var done = new CompletableFuture<BlockStatus>();
    one.run(() ->
        faults.submit(
            new BlockIo(one)
                .prepare(BlockOp.FLUSH, 0, 0)
                .onCompletion(io -> done.complete(io.status()), null)));
    assertThat(access.flush()).as("the next one passes").isEqualTo(BlockStatus.SUCCESS);
    assertThat(faults.held()).isEqualTo(1);
    assertThat(done).isNotDone();
    faults.release();
    assertThat(TestReactor.await(done)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(faults.held()).isZero();
  }

  @Test
  void delay_isOfItsReactorsTime() throws Exception {
    try (var memory = new MemoryDevice(new BlockGeometry(BLOCK, 8));
        var reactor = new ManualReactor()) {
      var slow = new FaultDevice(memory);
      slow.inject(new Fault.Delay(1_000));
      var io = new BlockIo(reactor).prepare(BlockOp.DEALLOCATE, 0, 1);
      var done = new CompletableFuture<Long>();
      io.onCompletion(ignored -> done.complete(reactor.clock().nanos()), null);
      slow.submit(io);
      reactor.advance(999);
      assertThat(done).isNotDone();
      reactor.advance(1);
      assertThat(done).isCompletedWithValue(1_000L);
    }
  }

  @Test
  void sameSeed_sameFaults() {
    assertThat(pattern(7)).isEqualTo(pattern(7)).isNotEqualTo(pattern(8));
    assertThat(pattern(7)).contains("x").contains(".");
  }

  private String pattern(long seed) {
    faults.heal();
    faults.inject(new Fault.Fail(BlockStatus.READ_FAULT)).atRandom(seed, 0.3);
    var pattern = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      pattern.append(access.flush().isSuccess() ? '.' : 'x');
    }
    return pattern.toString();
  }
}
