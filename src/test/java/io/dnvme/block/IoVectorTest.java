package io.dnvme.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class IoVectorTest {

  @Test
  void ranges_addUp() {
    var memory = MemorySegment.ofArray(new byte[64]);
    var vector = new IoVector().add(memory, 8, 16).add(memory, 40, 4);
    assertThat(vector.count()).isEqualTo(2);
    assertThat(vector.lengthBytes()).isEqualTo(20);
    assertThat(vector.segment(1)).isSameAs(memory);
    assertThat(vector.offsetBytes(1)).isEqualTo(40);
    assertThat(vector.lengthBytes(1)).isEqualTo(4);
  }

  @Test
  void clear_forgetsEverything() {
    var memory = MemorySegment.ofArray(new byte[64]);
    var vector = new IoVector().add(memory, 0, 64).clear();
    assertThat(vector.count()).isZero();
    assertThat(vector.lengthBytes()).isZero();
    assertThat(vector.segment(0)).isNull();
  }

  @Test
  void part_outsideTheVector_isRefused() {
    var vector = new IoVector().add(MemorySegment.ofArray(new byte[64]), 0, 64);
    for (long[] part : new long[][] {{-1, 1}, {0, -1}, {0, 65}, {64, 1}, {1, Long.MAX_VALUE}}) {
      assertThatThrownBy(() -> new IoVector().addPart(vector, part[0], part[1]))
          .as("part [%d, +%d)", part[0], part[1])
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
    assertThat(new IoVector().addPart(vector, 64, 0).lengthBytes()).isZero();
  }

  @Test
  void randomRanges_copyPartAndCompare_likePlainArrays() {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    for (int round = 0; round < 2_000; round++) {
      byte[] backing = new byte[256];
      random.nextBytes(backing);
      var memory = MemorySegment.ofArray(backing);
      var vector = new IoVector();
      byte[] model = new byte[0];
      for (int ranges = random.nextInt(9); ranges > 0; ranges--) {
        int offset = random.nextInt(256);
        int length = random.nextInt(256 - offset);
        vector.add(memory, offset, length);
        int end = model.length;
        model = Arrays.copyOf(model, end + length);
        System.arraycopy(backing, offset, model, end, length);
      }
      checkAgainst(model, vector, random, "seed " + seed);
    }
  }

  private static void checkAgainst(
      byte[] model, IoVector vector, SplittableRandom random, String seed) {
    assertThat(vector.lengthBytes()).as(seed).isEqualTo(model.length);
    byte[] copy = new byte[model.length + 3];
    vector.copyTo(MemorySegment.ofArray(copy), 3);
    assertThat(Arrays.copyOfRange(copy, 3, copy.length)).as(seed).isEqualTo(model);
    assertThat(vector.contentEquals(MemorySegment.ofArray(copy), 3)).as(seed).isTrue();

    int from = random.nextInt(model.length + 1);
    int length = random.nextInt(model.length - from + 1);
    byte[] part = new byte[length];
    new IoVector().addPart(vector, from, length).copyTo(MemorySegment.ofArray(part), 0);
    assertThat(part).as(seed).isEqualTo(Arrays.copyOfRange(model, from, from + length));

    if (model.length > 0) {
      copy[3 + random.nextInt(model.length)] ^= 1;
      assertThat(vector.contentEquals(MemorySegment.ofArray(copy), 3)).as(seed).isFalse();
    }
  }

  @Test
  void copyFrom_fillsTheRangesInOrder() {
    byte[] target = new byte[10];
    var memory = MemorySegment.ofArray(target);
    new IoVector()
        .add(memory, 6, 3)
        .add(memory, 1, 2)
        .copyFrom(MemorySegment.ofArray(new byte[] {0, 1, 2, 3, 4, 5}), 1);
    assertThat(target).containsExactly(0, 4, 5, 0, 0, 0, 1, 2, 3, 0);
  }
}
