package io.dnvme.nvme.vendor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LegListTest {

  private static List<UUID> legs(int count) {
    return IntStream.range(0, count).mapToObj(i -> new UUID(i, -i)).toList();
  }

  @Test
  void lists_areReadAsTheyWereWritten_upToTheLimit() {
    for (int count : List.of(0, 1, 2, LegList.MAX_LEGS)) {
      assertThat(LegList.decode(LegList.encode(legs(count)))).isEqualTo(legs(count));
    }
    assertThatThrownBy(() -> LegList.encode(legs(LegList.MAX_LEGS + 1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void bodyThatMakesNoSense_isNoList() {
    assertThat(LegList.decode(new byte[15])).isNull();
    assertThat(LegList.decode(new byte[16 * (LegList.MAX_LEGS + 1)])).isNull();
  }
}
