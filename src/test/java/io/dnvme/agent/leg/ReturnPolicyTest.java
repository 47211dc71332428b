package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ReturnPolicyTest {

  private static final ReturnDelays DELAYS = new ReturnDelays(1000, 60_000, 600_000);
  private static final UUID STORE = new UUID(1, 1);

  private final ReturnPolicy policy = new ReturnPolicy(DELAYS, new Random(1));
  private long now = -5;

  @Test
  void lostConnection_mayComeBackAtOnce_alsoAfterSetbacks() {
    assertThat(policy.mayReturn(now, STORE)).isTrue();
    policy.lost(now);
    assertThat(policy.mayReturn(now, STORE)).isTrue();
    policy.setback(now, STORE);
    policy.lost(now);
    assertThat(policy.mayReturn(now, STORE)).isTrue();
  }

  @Test
  void setbacks_waitLongerAndLonger_setApart_upToTheMost() {
    long expected = 1000;
    for (int i = 0; i < 100; i++) {
      policy.setback(now, STORE);
      assertThat(policy.mayReturn(now, STORE)).isFalse();
      assertThat(policy.waitNanos(now)).isBetween(expected * 3 / 4, expected);
      now += policy.waitNanos(now);
      assertThat(policy.mayReturn(now, STORE)).isTrue();
      expected = Math.min(expected * 2, DELAYS.mostNanos());
    }
    assertThat(policy.setbacks()).isEqualTo(100);
    var other = new ReturnPolicy(DELAYS, new Random(200));
    var same = new ReturnPolicy(DELAYS, new Random(-7));
    other.setback(0, STORE);
    same.setback(0, STORE);
    assertThat(other.waitNanos(0)).isNotEqualTo(same.waitNanos(0));
  }

  @Test
  void memberThatWasInSyncForLong_beginsANewRow_oneThatWasBrieflyDoesNot() {
    for (int i = 0; i < 4; i++) {
      policy.setback(now, STORE);
    }
    policy.inSync(now);
    now += DELAYS.forgetNanos() - 1;
    policy.setback(now, STORE);
    assertThat(policy.waitNanos(now)).isGreaterThan(10_000);
    policy.inSync(now);
    now += DELAYS.forgetNanos();
    policy.setback(now, STORE);
    assertThat(policy.setbacks()).isEqualTo(1);
    assertThat(policy.waitNanos(now)).isLessThanOrEqualTo(1000);
  }

  @Test
  void anotherStore_isAnotherDisk() {
    for (int i = 0; i < 9; i++) {
      policy.setback(now, STORE);
    }
    assertThat(policy.mayReturn(now, STORE)).isFalse();
    assertThat(policy.mayReturn(now, new UUID(1, 2))).isTrue();
    policy.setback(now, null);
    assertThat(policy.mayReturn(now, STORE)).as("nobody knew which it was").isFalse();
  }

  @Test
  void delaysThatMakeNoSense_areRefused() {
    assertThatThrownBy(() -> new ReturnDelays(0, 1, 1)).hasMessageContaining("after a time");
    assertThatThrownBy(() -> new ReturnDelays(2, 1, 1)).hasMessageContaining("after a time");
    assertThatThrownBy(() -> new ReturnDelays(1, 2, 1)).hasMessageContaining("after a time");
  }
}
