package io.dnvme.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class BoottimeClockTest {

  private static final double TOLERANCE_SECONDS = 5;

  @Test
  void isTheKernelsUptime_suspendIncluded() throws Exception {
    // /proc/uptime is CLOCK_BOOTTIME, in seconds with two decimals.
    String uptime = Files.readString(Path.of("/proc/uptime")).split(" ")[0];
    double seconds = BoottimeClock.INSTANCE.nanos() / 1e9;
    assertThat(seconds - Double.parseDouble(uptime)).isBetween(-0.02, TOLERANCE_SECONDS);
  }

  @Test
  void neverGoesBack() {
    long before = BoottimeClock.INSTANCE.nanos();
    for (int i = 0; i < 100_000; i++) {
      long now = BoottimeClock.INSTANCE.nanos();
      assertThat(now >= before).isTrue();
      before = now;
    }
  }

  @Test
  void wallClock_isTheCalendars() {
    long before = System.currentTimeMillis();
    assertThat(BoottimeClock.INSTANCE.wallMillis())
        .isBetween(before, System.currentTimeMillis() + 1);
  }
}
