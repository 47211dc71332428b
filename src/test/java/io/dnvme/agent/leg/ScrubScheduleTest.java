package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.volume.mirror.ScrubOptions;
import org.junit.jupiter.api.Test;

class ScrubScheduleTest {

  private static final long NOW = 1_800_000_000;

  private static ScrubSchedule every(long seconds) {
    return new ScrubSchedule(seconds, false, ScrubOptions.DEFAULTS, () -> NOW);
  }

  @Test
  void interval_countsFromWhatIsNoted() {
    assertThat(every(3600).secondsLeft(NOW - 600)).isEqualTo(3000);
    assertThat(every(3600).secondsLeft(NOW - 3600)).isZero();
    assertThat(every(3600).secondsLeft(NOW - 100_000)).isZero();
  }

  @Test
  void clockThatIsBehind_isNoReasonToWaitForLongerThanTheInterval() {
    assertThat(every(3600).secondsLeft(NOW + 100_000)).isEqualTo(3600);
  }

  @Test
  void intervalThatMakesNoSense_isRefused() {
    assertThat(every(ScrubSchedule.MAX_INTERVAL_SECONDS).isEver()).isTrue();
    assertThat(every(0).isEver()).isFalse();
    assertThatThrownBy(() -> every(-1)).hasMessageContaining("not -1");
    assertThatThrownBy(() -> every(ScrubSchedule.MAX_INTERVAL_SECONDS + 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
