package io.dnvme.nvme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.SeededRandom;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BitFieldTest {

  @Test
  void setting_leavesOtherBitsAlone() {
    assertThat(BitField.bits(11, 4).with(0xffff_ffffL, 0)).isEqualTo(0xffff_f00fL);
    assertThat(BitField.bits(31, 24).with(0x1234_5678, 0xab)).isEqualTo(0xab34_5678);
    assertThat(BitField.bits(31, 24).get(0xab34_5678)).isEqualTo(0xab);
    assertThat(BitField.bit(63).of(1)).isEqualTo(Long.MIN_VALUE);
    assertThat(BitField.bit(3).isSet(8)).isTrue();
    assertThat(BitField.bit(3).isSet(~8L)).isFalse();
    assertThat(BitField.bits(2, 0).max()).isEqualTo(7);
  }

  @Test
  void randomFields_readBackWhatWasSet() {
    Random random = SeededRandom.of(getClass());
    for (int i = 0; i < 10_000; i++) {
      int bits = 1 + random.nextInt(63);
      var field = new BitField(random.nextInt(65 - bits), bits);
      long word = random.nextLong();
      long value = random.nextLong() & field.max();
      long changed = field.with(word, value);
      assertThat(field.get(changed)).isEqualTo(value);
      assertThat(field.with(changed, field.get(word))).isEqualTo(word);
    }
  }

  @Test
  void fieldBeyondTheWord_isRefused() {
    assertThatThrownBy(() -> BitField.bits(64, 60)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> BitField.bits(3, 4)).isInstanceOf(IllegalArgumentException.class);
  }
}
