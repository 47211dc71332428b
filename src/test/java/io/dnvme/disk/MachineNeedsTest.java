package io.dnvme.disk;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

class MachineNeedsTest {

  @Test
  void whatIsMissing_skipsATest_andFailsItInCi() {
    for (String ci : new String[] {null, "", "false", "true"}) {
      assertThatCode(() -> MachineNeeds.need(true, "no loop device", ci))
          .doesNotThrowAnyException();
    }
    for (String ci : new String[] {null, "", "false"}) {
      assertThatThrownBy(() -> MachineNeeds.need(false, "no loop device", ci))
          .isInstanceOf(TestAbortedException.class)
          .hasMessageContaining("no loop device");
    }
    assertThatThrownBy(() -> MachineNeeds.need(false, "no loop device", "true"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("no loop device");
  }
}
