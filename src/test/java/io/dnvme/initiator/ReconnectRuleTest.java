package io.dnvme.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class ReconnectRuleTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long LOSS = 1_000 * SECOND;

  /** Shortens no delay. */
  private static final RandomGenerator NO_SPREAD = () -> 0;

  private static ReconnectRule rule(long lossTimeoutNanos, boolean fromTheStart) {
    var options =
        new ReconnectOptions(SECOND, 4 * SECOND, lossTimeoutNanos, fromTheStart, LossPolicy.WAIT);
    var rule = new ReconnectRule(options, NO_SPREAD);
    rule.lost(LOSS);
    return rule;
  }

  @Test
  void firstAttemptFails_isTriedAgainOnlyWhereAskedFor() {
    assertThat(rule(60 * SECOND, true).givesUp(LOSS)).isFalse();
    assertThat(rule(60 * SECOND, false).givesUp(LOSS)).isTrue();
  }

  @Test
  void onceConnected_isTriedUntilTheTimeLimitIsOver() {
    ReconnectRule rule = rule(60 * SECOND, false);
    rule.connected();
    assertThat(rule.givesUp(LOSS + 60 * SECOND - 1)).isFalse();
    assertThat(rule.leftNanos(LOSS + 59 * SECOND)).isEqualTo(SECOND);
    assertThat(rule.givesUp(LOSS + 60 * SECOND)).isTrue();
  }

  @Test
  void noTimeLimit_isTriedForEver() {
    ReconnectRule rule = rule(ReconnectOptions.NEVER, true);
    assertThat(rule.givesUp(Long.MAX_VALUE)).isFalse();
  }

  @Test
  void refusedForGood_isNotTriedAgain() {
    ReconnectRule rule = rule(ReconnectOptions.NEVER, true);
    rule.connected();
    rule.refusedForGood();
    assertThat(rule.givesUp(LOSS)).isTrue();
  }

  @Test
  void delay_growsToItsLimitAndBeginsAnewAfterSuccess() {
    ReconnectRule rule = rule(ReconnectOptions.NEVER, true);
    assertThat(rule.delayNanos(LOSS, 0)).isEqualTo(SECOND);
    assertThat(rule.delayNanos(LOSS, 0)).isEqualTo(2 * SECOND);
    assertThat(rule.delayNanos(LOSS, 0)).isEqualTo(4 * SECOND);
    assertThat(rule.delayNanos(LOSS, 0)).isEqualTo(4 * SECOND);
    rule.connected();
    assertThat(rule.delayNanos(LOSS, 0)).isEqualTo(SECOND);
  }

  @Test
  void quiesceTime_isWaitedForFromTheLossOn() {
    ReconnectRule rule = rule(ReconnectOptions.NEVER, true);
    assertThat(rule.delayNanos(LOSS + 2 * SECOND, 10_000)).isEqualTo(8 * SECOND);
  }
}
