package io.dnvme.main.up;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What hosts cost that are connected and do nothing; needs a process to itself. */
class IdleTest {

  private static final int HOSTS = 50;
  private static final long SETTLE_SECONDS = 3;
  private static final long SECONDS = 10;

  @Test
  @Tag("soak")
  void hundredIdleQueuePairs_costLessThanAPercentOfACore() throws Exception {
    try (var server =
        LiveServer.ofMemory(
            LiveServer.LIMITS, Map.of("transport.reactor.poll", "adaptive"), "a=16M")) {
      var hosts = new ArrayList<WireHost>();
      for (int i = 0; i < HOSTS; i++) {
        hosts.add(server.host("a").bringUp());
      }
      assertThat(server.connections()).isEqualTo(2 * HOSTS);
      LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(SETTLE_SECONDS));
      var process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
      long before = process.getProcessCpuTime();
      LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(SECONDS));
      double share = (process.getProcessCpuTime() - before) / 1e9 / SECONDS;
      System.out.printf("IdleTest: %.2f %% of a core%n", share * 100);
      assertThat(share).isLessThan(0.01);
      for (WireHost host : hosts) {
        host.leave();
      }
      server.awaitNothingHeld();
    }
  }
}
