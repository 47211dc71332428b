package io.dnvme.transport;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AdaptiveSpinTest {

  private static final long LIMIT = 100_000;
  private static final long SHORT = 20_000;
  private static final long LONG = 10_000_000;

  private final AdaptiveSpin spin = new AdaptiveSpin(LIMIT);

  @Test
  void nothingKnown_sleeps() {
    assertThat(spin.pays()).isFalse();
  }

  @Test
  void shortGapsSleptThrough_polls() {
    learn(AdaptiveSpin.PAYS_FROM - 1, SHORT);
    assertThat(spin.pays()).isFalse();
    spin.slept(SHORT);
    assertThat(spin.pays()).isTrue();
  }

  @Test
  void longGaps_neverPolls() {
    learn(1000, LONG);
    assertThat(spin.pays()).isFalse();
  }

  @Test
  void gapThatOnlyTheWakeUpMadeLong_countsAsShort() {
    learn(AdaptiveSpin.PAYS_FROM, LIMIT + AdaptiveSpin.WAKE_ALLOWANCE_NANOS - 1);
    assertThat(spin.pays()).isTrue();
  }

  @Test
  void loadEnds_stopsAfterFewGapsInVain() {
    learn(100_000, SHORT);
    int inVain = 0;
    while (spin.pays()) {
      spin.gaveUp();
      inVain++;
    }
    assertThat(inVain).isLessThanOrEqualTo(AdaptiveSpin.MAX_SCORE / AdaptiveSpin.LONG_GAP_COST);
  }

  @Test
  void oneGapInVainAmongMany_pollsOn() {
    learn(100, SHORT);
    for (int i = 0; i < 100; i++) {
      spin.gaveUp();
      for (int j = 0; j < AdaptiveSpin.LONG_GAP_COST; j++) {
        spin.foundWork();
      }
      assertThat(spin.pays()).isTrue();
    }
  }

  @Test
  void everySecondGapInVain_sleeps() {
    learn(100, SHORT);
    for (int i = 0; i < 10; i++) {
      spin.gaveUp();
      spin.foundWork();
    }
    assertThat(spin.pays()).isFalse();
  }

  @Test
  void limitPassed_goesOnNoLonger() {
    assertThat(spin.goesOn(LIMIT - 1)).isTrue();
    assertThat(spin.goesOn(LIMIT)).isFalse();
  }

  private void learn(int gaps, long nanos) {
    for (int i = 0; i < gaps; i++) {
      spin.slept(nanos);
    }
  }
}
