package io.dnvme.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link BlockDevice} must do, whatever is behind it. A subclass opens its device, of
 * which nothing was written yet; two reactors use it.
 */
public abstract class BlockDeviceContract {

  /** Small enough to be read as a whole, larger than what one command carries. */
  protected static final long SIZE_BYTES = 8L << 20;

  protected TestReactor one;
  protected TestReactor two;
  protected BlockDevice device;
  protected SyncAccess access;

  /** Opens a device of {@link #SIZE_BYTES} which reads as zeroes. */
  protected abstract BlockDevice open() throws Exception;

  /** Compare-and-writes that cross a multiple of so many blocks are refused: none, mostly. */
  protected long compareAndWriteBorderBlocks() {
    return Long.MAX_VALUE;
  }

  /** Called when the device is closed, to clean up. */
  protected void closed() throws Exception {}

  @BeforeEach
  void start() throws Exception {
    one = new TestReactor(0);
    two = new TestReactor(1);
    device = open();
    access = new SyncAccess(device, one);
  }

  @AfterEach
  void stop() throws Exception {
    // Absent where it could not be opened here and the test is skipped.
    if (device != null) {
      device.close();
    }
    closed();
    one.close();
    two.close();
  }

  private int blockSize() {
    return device.geometry().blockSizeBytes();
  }

  private long blockCount() {
    return device.geometry().blockCount();
  }

  private byte[] random(SplittableRandom random, int blocks) {
    byte[] content = new byte[blocks * blockSize()];
    random.nextBytes(content);
    return content;
  }

  @Test
  void freshDevice_hasItsSize_andReadsZeroes() {
    assertThat(device.geometry().sizeBytes()).isEqualTo(SIZE_BYTES);
    assertThat(access.read(0, 8)).containsOnly(0);
    assertThat(access.read(blockCount() - 1, 1)).containsOnly(0);
  }

  @Test
  void written_isRead_byAnotherReactor() {
    byte[] content = random(new SplittableRandom(1), 5);
    assertThat(access.write(3, content)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(new SyncAccess(device, two).read(3, 5)).isEqualTo(content);
    assertThat(access.read(2, 1)).as("the block before").containsOnly(0);
    assertThat(access.read(8, 1)).as("the block after").containsOnly(0);
  }

  @Test
  void lastBlock_isWrittenAndRead() {
    byte[] content = random(new SplittableRandom(2), 1);
    assertThat(access.write(blockCount() - 1, content)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.read(blockCount() - 1, 1)).isEqualTo(content);
  }

  @Test
  void largestTransfer_works_oneBlockMore_isInvalid() {
    int most = device.traits().maxTransferBytes() / blockSize();
    byte[] content = random(new SplittableRandom(3), most);
    assertThat(access.write(1, content)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.read(1, most)).isEqualTo(content);
    if (content.length + blockSize() <= BufferPool.MAX_BUFFER_BYTES) {
      byte[] more = random(new SplittableRandom(3), most + 1);
      assertThat(access.write(1, more)).isEqualTo(BlockStatus.INVALID);
      assertThat(access.tryRead(1, most + 1, more)).isEqualTo(BlockStatus.INVALID);
      assertThat(access.compare(1, more)).isEqualTo(BlockStatus.INVALID);
    }
  }

  @Test
  void rangeThatDoesNotExist_isOutOfRange_andNothingIsDone() {
    byte[] block = random(new SplittableRandom(4), 1);
    long[] starts = {
      blockCount(), -1, Long.MIN_VALUE, Long.MAX_VALUE, Long.MAX_VALUE / blockSize()
    };
    for (long start : starts) {
      assertThat(access.write(start, block)).as("write %d", start).isEqualTo(outOfRange());
      assertThat(access.tryRead(start, 1, block)).as("read %d", start).isEqualTo(outOfRange());
      assertThat(access.compare(start, block)).as("compare %d", start).isEqualTo(outOfRange());
      assertThat(access.compareAndWrite(start, block, block)).isEqualTo(outOfRange());
      assertThat(access.writeZeroes(start, 1, true)).isEqualTo(outOfRange());
      assertThat(access.deallocate(start, 1)).isEqualTo(outOfRange());
    }
    assertThat(access.write(blockCount() - 1, random(new SplittableRandom(4), 2)))
        .isEqualTo(outOfRange());
    for (long count : new long[] {blockCount() + 1, Long.MAX_VALUE, Long.MAX_VALUE - 1, -1}) {
      assertThat(access.deallocate(1, count)).as("count %d", count).isEqualTo(outOfRange());
      assertThat(access.writeZeroes(1, count, false)).isEqualTo(outOfRange());
    }
    assertThat(access.read(blockCount() - 1, 1)).containsOnly(0);
  }

  private static BlockStatus outOfRange() {
    return BlockStatus.OUT_OF_RANGE;
  }

  @Test
  void noBlocks_succeeds_andDoesNothing() {
    byte[] none = new byte[0];
    byte[] content = random(new SplittableRandom(5), 1);
    access.write(0, content);
    assertThat(access.write(0, none)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.tryRead(0, 0, none)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.compare(0, none)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.compareAndWrite(0, none, none)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.writeZeroes(0, 0, true)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.deallocate(blockCount(), 0)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.read(0, 1)).isEqualTo(content);
  }

  @Test
  void dataOfAnotherLengthThanTheRange_isInvalid() {
    var memory = MemorySegment.ofArray(new byte[2 * blockSize()]);
    for (BlockOp op : new BlockOp[] {BlockOp.WRITE, BlockOp.COMPARE, BlockOp.COMPARE_AND_WRITE}) {
      assertThat(
              access.withoutData(
                  io -> io.prepare(op, 0, 1).data().add(memory, 0, blockSize() + 1L)))
          .as("%s", op)
          .isEqualTo(BlockStatus.INVALID);
      assertThat(access.withoutData(io -> io.prepare(op, 0, 1)))
          .as("%s", op)
          .isEqualTo(BlockStatus.INVALID);
    }
    assertThat(
            access.withoutData(io ->
                io.prepare(BlockOp.COMPARE_AND_WRITE, 0, 1).data().add(memory, 0, blockSize())))
        .as("nothing to compare with")
        .isEqualTo(BlockStatus.INVALID);
    assertThat(access.read(0, 1)).containsOnly(0);
  }

  @Test
  void flushAndUnitAccess_succeed_andKeepTheContent() {
    byte[] content = random(new SplittableRandom(6), 3);
    assertThat(access.flush()).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.writeThrough(7, content)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.flush()).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.read(7, 3)).isEqualTo(content);
  }

  @Test
  void zeroedOrDeallocated_readsZeroes_neighboursKeepTheirContent() {
    int blocks = 64;
    byte[] content = random(new SplittableRandom(7), blocks);
    for (int how = 0; how < 3; how++) {
      access.write(0, content);
      BlockStatus status =
          switch (how) {
            case 0 -> access.writeZeroes(3, 50, false);
            case 1 -> access.writeZeroes(3, 50, true);
            default -> access.deallocate(3, 50);
          };
      assertThat(status).isEqualTo(BlockStatus.SUCCESS);
      byte[] expected = content.clone();
      Arrays.fill(expected, 3 * blockSize(), 53 * blockSize(), (byte) 0);
      assertThat(access.read(0, blocks)).as("way %d", how).isEqualTo(expected);
    }
  }

  @Test
  void wholeDevice_isZeroedByOneCommand() {
    byte[] block = random(new SplittableRandom(8), 1);
    for (long at = 0; at < blockCount(); at += blockCount() / 7) {
      access.write(at, block);
    }
    assertThat(access.deallocate(0, blockCount())).isEqualTo(BlockStatus.SUCCESS);
    for (long at = 0; at < blockCount(); at += blockCount() / 7) {
      assertThat(access.read(at, 1)).as("block %d", at).containsOnly(0);
    }
  }

  @Test
  void compare_tellsWhetherTheContentIsEqual() {
    byte[] content = random(new SplittableRandom(9), 4);
    access.write(10, content);
    assertThat(access.compare(10, content)).isEqualTo(BlockStatus.SUCCESS);
    byte[] other = content.clone();
    other[other.length - 1] ^= 1;
    assertThat(access.compare(10, other)).isEqualTo(BlockStatus.COMPARE_FAILED);
    assertThat(access.read(10, 4)).isEqualTo(content);
  }

  @Test
  void compareAndWrite_writesOnlyWhereEqual() {
    var random = new SplittableRandom(10);
    byte[] before = random(random, 2);
    byte[] after = random(random, 2);
    access.write(20, before);
    assertThat(access.compareAndWrite(20, after, before)).isEqualTo(BlockStatus.COMPARE_FAILED);
    assertThat(access.read(20, 2)).isEqualTo(before);
    assertThat(access.compareAndWrite(20, before, after)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(access.read(20, 2)).isEqualTo(after);
  }

  @Test
  void randomCommands_oneAtATime_likeAPlainArray() {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    byte[] model = new byte[(int) SIZE_BYTES];
    SyncAccess[] reactors = {access, new SyncAccess(device, two)};
    for (int step = 0; step < 600; step++) {
      SyncAccess either = reactors[random.nextInt(2)];
      new ModelStep(model, blockSize(), compareAndWriteBorderBlocks(), random)
          .run(either, "seed " + seed + " step " + step);
    }
    int most = device.traits().maxTransferBytes() / blockSize();
    for (long at = 0; at < blockCount(); at += most) {
      int count = (int) Math.min(most, blockCount() - at);
      int from = (int) at * blockSize();
      assertThat(access.read(at, count))
          .as("seed %d, at the end", seed)
          .isEqualTo(Arrays.copyOfRange(model, from, from + count * blockSize()));
    }
  }

  @Test
  void compareAndWriteFromTwoReactors_loseNoUpdate() {
    int rounds = 200;
    var first = new CompareAndWriteCounter(device, one, rounds);
    var second = new CompareAndWriteCounter(device, two, rounds);
    first.start();
    second.start();
    first.await();
    second.await();
    assertThat(CompareAndWriteCounter.value(access.read(0, 1))).isEqualTo(2L * rounds);
  }

  @Test
  void overlappingCommandsOfTwoReactors_neverTearABlock() {
    long seed = System.nanoTime();
    var first = new TearingTraffic(device, one, seed, 8, 1_500);
    var second = new TearingTraffic(device, two, seed + 1, 8, 1_500);
    first.start();
    second.start();
    assertThat(first.await()).as("seed %d", seed).isEmpty();
    assertThat(second.await()).as("seed %d", seed).isEmpty();
  }

  @Test
  void closed_commandsFail() {
    device.close();
    byte[] block = new byte[blockSize()];
    assertThat(access.write(0, block)).isEqualTo(BlockStatus.FAILED);
    assertThat(access.tryRead(0, 1, block)).isEqualTo(BlockStatus.FAILED);
    assertThat(access.flush()).isEqualTo(BlockStatus.FAILED);
  }
}
