package io.dnvme.volume.intent;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeaderMemoryTest {

  private final HeaderMemory memory = new HeaderMemory();

  @Test
  void whatIsGivenBack_isLentAgain_andNobodyElseHasIt() {
    MemorySegment one = memory.take();
    assertThat(one.byteSize()).isEqualTo(HeaderMemory.BYTES);
    MemorySegment other = memory.take();
    assertThat(other.address()).isNotEqualTo(one.address());
    memory.giveBack(one);
    assertThat(memory.take()).isSameAs(one);
  }

  @Test
  void moreThanTheLimit_isLent_andNotKept() {
    List<MemorySegment> lent = new ArrayList<>();
    for (int i = 0; i <= HeaderMemory.MAX_KEPT; i++) {
      lent.add(memory.take());
    }
    lent.forEach(memory::giveBack);
    assertThat(memory.kept()).isEqualTo(HeaderMemory.MAX_KEPT);
  }
}
