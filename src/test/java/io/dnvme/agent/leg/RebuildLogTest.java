package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.volume.intent.Rebuild;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RebuildLogTest {

  private static final long MIB = 1 << 20;
  private static final long SECOND = LegRig.SECOND;

  private final List<String> said = new ArrayList<>();
  private final RebuildLog log = new RebuildLog(new UUID(0, 1), 1000 * MIB, 0, said::add);

  private void look(long leftMib, long bytesPerSecond, long nowNanos) {
    log.look(new Rebuild.Progress(0, 0, 0, leftMib * MIB, bytesPerSecond, 0), nowNanos);
  }

  @Test
  void slowOne_isToldOfAtEachTenth() {
    for (int second = 0; second <= 1000; second++) {
      look(1000 - second, MIB, second * SECOND);
    }
    assertThat(said).hasSize(10);
    assertThat(said.getFirst())
        .isEqualTo(
            "rebuild of member 00000000-0000-0000-0000-000000000001: 10 % of 1000 MiB, at 1 MiB/s,"
                + " about 900 s left");
    assertThat(said.get(4)).contains(": 50 % of ", "about 500 s left");
  }

  @Test
  void fastOne_isToldOfNotMoreOftenThanPeopleRead() {
    for (int tenth = 0; tenth <= 100; tenth++) {
      look(1000 - 10L * tenth, 100 * MIB, tenth * SECOND / 10);
    }
    assertThat(said).hasSize(2);
    assertThat(said).first().asString().contains(": 50 % of ");
  }

  @Test
  void oneThatHostsThrowBack_saysNothing_untilItIsFurther() {
    look(800, MIB, 10 * SECOND);
    look(1000, MIB, 20 * SECOND);
    look(810, MIB, 30 * SECOND);
    look(701, MIB, 40 * SECOND);
    assertThat(said).hasSize(1);
    look(700, 0, 50 * SECOND);
    assertThat(said).hasSize(2);
    assertThat(said.get(1)).endsWith(": 30 % of 1000 MiB, at 0 KiB/s");
  }
}
