package io.dnvme.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Function;

/** One random command, carried out on a device and on an array that says what should come of it. */
final class ModelStep {

  private static final int MOST_BLOCKS = 40;

  private final byte[] model;
  private final SplittableRandom random;
  private final boolean crossesBorder;
  private final int start;
  private final int blocks;
  private final int from;
  private final int to;

  /**
   * @param borderBlocks compare-and-writes that cross a multiple of it are refused
   */
  ModelStep(byte[] model, int blockSize, long borderBlocks, SplittableRandom random) {
    this.model = model;
    this.random = random;
    int blockCount = model.length / blockSize;
    // Crowded at the front, so that commands meet.
    start = random.nextInt(random.nextBoolean() ? 100 : blockCount - MOST_BLOCKS);
    blocks = 1 + random.nextInt(MOST_BLOCKS);
    from = start * blockSize;
    to = from + blocks * blockSize;
    crossesBorder = start / borderBlocks != (start + blocks - 1) / borderBlocks;
  }

  void run(SyncAccess access, String name) {
    switch (random.nextInt(10)) {
      case 0 -> zeroed(access.deallocate(start, blocks), name);
      case 1 -> zeroed(access.writeZeroes(start, blocks, random.nextBoolean()), name);
      case 2 -> assertThat(access.flush()).as(name).isEqualTo(BlockStatus.SUCCESS);
      case 3 -> written(name, content -> access.writeThrough(start, content));
      case 4 ->
          assertThat(access.compare(start, expected())).as(name).isEqualTo(BlockStatus.SUCCESS);
      case 5 -> comparedAndWritten(access, name);
      case 6, 7 -> written(name, content -> access.write(start, content));
      default -> assertThat(access.read(start, blocks)).as(name).isEqualTo(expected());
    }
  }

  private void comparedAndWritten(SyncAccess access, String name) {
    if (crossesBorder) {
      assertThat(access.compareAndWrite(start, expected(), new byte[to - from]))
          .as(name)
          .isEqualTo(BlockStatus.INVALID);
    } else {
      written(name, content -> access.compareAndWrite(start, expected(), content));
    }
  }

  private byte[] expected() {
    return Arrays.copyOfRange(model, from, to);
  }

  private void zeroed(BlockStatus status, String name) {
    assertThat(status).as(name).isEqualTo(BlockStatus.SUCCESS);
    Arrays.fill(model, from, to, (byte) 0);
  }

  private void written(String name, Function<byte[], BlockStatus> write) {
    byte[] content = new byte[to - from];
    random.nextBytes(content);
    assertThat(write.apply(content)).as(name).isEqualTo(BlockStatus.SUCCESS);
    System.arraycopy(content, 0, model, from, content.length);
  }
}
