package io.dnvme.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.IoVector;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RegionPoolTest {

  private final RegionPool regions = new RegionPool();

  @AfterEach
  void close() {
    regions.close();
  }

  @Test
  void regionGivenBack_isTheNextOne() {
    MemorySegment region = regions.take();
    region.set(ValueLayout.JAVA_BYTE, RegionPool.REGION_BYTES - 1, (byte) 1);
    regions.giveBack(region);
    assertThat(regions.take()).isEqualTo(region);
    regions.giveBack(region);
  }

  @Test
  void manyRegions_onlyAFewAreKept() {
    List<MemorySegment> taken = new ArrayList<>();
    for (int i = 0; i < RegionPool.MAX_FREE * 4; i++) {
      taken.add(regions.take());
    }
    assertThat(regions.lent()).isEqualTo(RegionPool.MAX_FREE * 4);
    taken.forEach(regions::giveBack);
    assertThat(regions.lent()).isZero();
    assertThat(regions.free()).isEqualTo(RegionPool.MAX_FREE);
  }

  @Test
  void regionOutThere_poolIsNotClosed() {
    MemorySegment region = regions.take();
    assertThatThrownBy(regions::close).hasMessageContaining("1 regions");
    regions.giveBack(region);
  }

  @Test
  void spill_copiesWhatIsLeftIntoAsManyRegionsAsItTakes() {
    SpillLimit limit = new SpillLimit(16 << 20);
    Spill spill = new Spill(regions, limit);
    IoVector source = new IoVector();
    source.add(AnswerRules.PATTERN, 0, 3 << 20).add(AnswerRules.PATTERN, 7, 1000);
    long from = 12345;
    long left = source.lengthBytes() - from;
    assertThat(spill.tryTake(source, from)).isTrue();
    assertThat(spill.isInUse()).isTrue();
    assertThat(limit.takenBytes()).isEqualTo(left);
    assertThat(spill.ranges().lengthBytes()).isEqualTo(left);
    assertThat(regions.lent()).isEqualTo(2);
    IoVector expected = new IoVector().addPart(source, from, left);
    byte[] bytes = new byte[(int) left];
    expected.copyTo(MemorySegment.ofArray(bytes), 0);
    assertThat(spill.ranges().contentEquals(MemorySegment.ofArray(bytes), 0)).isTrue();
    spill.release();
    assertThat(regions.lent()).isZero();
    assertThat(limit.takenBytes()).isZero();
  }

  @Test
  void spillLimitReached_nothingIsTaken() {
    SpillLimit limit = new SpillLimit(2000);
    Spill first = new Spill(regions, limit);
    Spill second = new Spill(regions, limit);
    IoVector source = new IoVector().add(AnswerRules.PATTERN, 0, 1001);
    assertThat(first.tryTake(source, 0)).isTrue();
    assertThat(second.tryTake(source, 0)).isFalse();
    assertThat(second.isInUse()).isFalse();
    first.release();
    assertThat(second.tryTake(source, 0)).isTrue();
    second.release();
  }
}
