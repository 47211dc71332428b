package io.dnvme.target.subsystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.nvme.Nqn;
import org.junit.jupiter.api.Test;

class SubsystemIdentityTest {

  private static final String NQN = TestSubsystems.nqn("disk1");

  @Test
  void textsAtTheirLimits_fit() {
    assertThatCode(() -> new SubsystemIdentity(NQN, "x".repeat(20), "12345678"))
        .doesNotThrowAnyException();
  }

  @Test
  void textsThatIdentifyCannotSay_areRefused() {
    for (String bad : new String[] {"", " ", "x".repeat(21), "tab\t", "é"}) {
      assertThatThrownBy(() -> new SubsystemIdentity(NQN, bad, "1"))
          .as("'%s'", bad)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("serial number");
    }
    assertThatThrownBy(() -> new SubsystemIdentity(NQN, "1", "123456789"))
        .hasMessageContaining("firmware revision");
  }

  @Test
  void namesThatCannotBeASubsystems_areRefused() {
    for (String bad : new String[] {"disk1", Nqn.DISCOVERY}) {
      assertThatThrownBy(() -> new SubsystemIdentity(bad, "1", "1"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(bad);
    }
  }

  @Test
  void buildVersion_becomesAFirmwareRevision() {
    assertThat(SubsystemIdentity.firmwareRevision("0.1.0-SNAPSHOT")).isEqualTo("0.1.0");
    assertThat(SubsystemIdentity.firmwareRevision("1.2.3")).isEqualTo("1.2.3");
    assertThat(SubsystemIdentity.firmwareRevision("10.20.300.4000")).isEqualTo("10.20.30");
  }

  @Test
  void limits_areWithinTheSpecification() {
    assertThatCode(() -> new SubsystemLimits(1, 0xffef, 4096, 256)).doesNotThrowAnyException();
    for (int[] bad :
        new int[][] {
          {0, 10, 1, 1},
          {1, 0xfff0, 1, 1},
          {5, 4, 1, 1},
          {1, 10, 11, 1},
          {1, 10, 0, 1},
          {1, 0xffef, 4097, 1},
          {1, 10, 1, 0},
          {1, 10, 1, 257}
        }) {
      assertThatThrownBy(() -> new SubsystemLimits(bad[0], bad[1], bad[2], bad[3]))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
