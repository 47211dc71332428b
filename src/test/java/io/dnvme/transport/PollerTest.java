package io.dnvme.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.SelectStrategy;
import org.junit.jupiter.api.Test;

class PollerTest {

  /** Long enough that no pause of the machine makes a gap in this test too long. */
  private static final long LIMIT = 100_000_000_000L;

  private final ReactorCounters counters = new ReactorCounters();
  private int ready;

  @Test
  void sleepMode_sleepsUnlessTasksWait() throws Exception {
    Poller poller = new Poller(PollMode.SLEEP, LIMIT, counters);
    assertThat(turn(poller, false)).isEqualTo(SelectStrategy.SELECT);
    assertThat(turn(poller, true)).isZero();
    assertThat(counters.sleeps()).isOne();
    assertThat(counters.epollWaits()).isEqualTo(2);
  }

  @Test
  void busyMode_neverSleeps() throws Exception {
    Poller poller = new Poller(PollMode.BUSY, 0, counters);
    for (int i = 0; i < 1000; i++) {
      assertThat(turn(poller, false)).isZero();
    }
    ready = 3;
    assertThat(turn(poller, false)).isEqualTo(3);
    assertThat(counters.sleeps()).isZero();
  }

  @Test
  void adaptiveMode_pollsOnceShortSleepsWereSeen() throws Exception {
    Poller poller = new Poller(PollMode.ADAPTIVE, LIMIT, counters);
    learn(poller);
    assertThat(turn(poller, false)).isZero();
    assertThat(turn(poller, false)).isZero();
    ready = 2;
    assertThat(turn(poller, false)).isEqualTo(2);
    assertThat(counters.spins()).isOne();
    assertThat(counters.spinsInVain()).isZero();
  }

  @Test
  void adaptiveMode_pollsInVainThenSleeps() throws Exception {
    Poller poller = new Poller(PollMode.ADAPTIVE, 0, counters);
    learn(poller);
    assertThat(turn(poller, false)).isZero();
    assertThat(turn(poller, false)).isEqualTo(SelectStrategy.SELECT);
    assertThat(counters.spinsInVain()).isOne();
    poller.woken();
    assertThat(turn(poller, false)).as("learned").isEqualTo(SelectStrategy.SELECT);
  }

  @Test
  void adaptiveMode_taskEndsTheGap() throws Exception {
    Poller poller = new Poller(PollMode.ADAPTIVE, LIMIT, counters);
    learn(poller);
    assertThat(turn(poller, false)).isZero();
    assertThat(turn(poller, true)).isZero();
    assertThat(turn(poller, false)).isZero();
    assertThat(counters.spins()).isEqualTo(2);
    assertThat(counters.spinsInVain()).isZero();
  }

  private void learn(Poller poller) throws Exception {
    for (int i = 0; i < AdaptiveSpin.PAYS_FROM; i++) {
      assertThat(turn(poller, false)).isEqualTo(SelectStrategy.SELECT);
      poller.woken();
    }
  }

  private int turn(Poller poller, boolean hasTasks) throws Exception {
    return poller.calculateStrategy(() -> ready, hasTasks);
  }
}
