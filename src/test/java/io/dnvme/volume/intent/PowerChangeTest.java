package io.dnvme.volume.intent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class PowerChangeTest {

  @Test
  void changedPower_nothingDirty_keepsAll() {
    assertThat(PowerChange.decide(0b111, 0b111, 0b010, 0, false))
        .isEqualTo(new PowerChange.GoOn(0, false));
  }

  @Test
  void changedPower_dirtyRegions_leavesForThoseThatKeptIt() {
    assertThat(PowerChange.decide(0b111, 0b111, 0b010, 0, true))
        .isEqualTo(new PowerChange.GoOn(0b010, false));
  }

  @Test
  void unreachableMember_leaves() {
    assertThat(PowerChange.decide(0b111, 0b011, 0, 0, true))
        .isEqualTo(new PowerChange.GoOn(0b100, false));
  }

  @Test
  void allReachableChanged_oneUnreachable_waits() {
    assertThat(PowerChange.decide(0b111, 0b011, 0b011, 0, true)).isEqualTo(new PowerChange.Wait());
  }

  @Test
  void allChanged_oneIsChosenAndHostsLearnIt() {
    assertThat(PowerChange.decide(0b110, 0b110, 0b110, 0, true))
        .isEqualTo(new PowerChange.GoOn(0b100, true));
  }

  @Test
  void emptyMember_leavesAndIsNeverChosen() {
    assertThat(PowerChange.decide(0b011, 0b011, 0b011, 0b001, true))
        .isEqualTo(new PowerChange.GoOn(0b001, true));
    assertThat(PowerChange.decide(0b011, 0b011, 0b001, 0b001, false))
        .isEqualTo(new PowerChange.GoOn(0b001, false));
    assertThat(PowerChange.decide(0b001, 0b001, 0b001, 0b001, false))
        .isEqualTo(new PowerChange.Wait());
  }

  @Test
  void plantedBug_trustsWhoseWritesMayBeGone() {
    assertThat(
            PowerChange.decide(0b011, 0b011, 0b001, 0, true, Set.of(PlantedBug.RESYNC_FROM_STALE)))
        .isEqualTo(new PowerChange.GoOn(0, false));
  }
}
