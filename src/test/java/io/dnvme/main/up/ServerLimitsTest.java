package io.dnvme.main.up;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.AdminOpcode;
import io.dnvme.nvme.ConnectCommand;
import io.dnvme.nvme.Feature;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.StatusCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Fills each limit on what hosts may have, over real connections. */
class ServerLimitsTest {

  private static final int KATO_MS = 500;

  @Test
  void hostThatAsksFor65535Queues_getsAndConnectsWhatTheLimitSays() throws Exception {
    try (var server = LiveServer.ofMemory("a=16M");
        WireHost host = server.host("a")) {
      host.connectAdmin(0);
      host.enable();
      WireQueue.Completed granted = host.setFeature(Feature.NUMBER_OF_QUEUES, 0xfffe_fffe);
      assertThat(granted.status()).isZero();
      int limit = UpLimits.DEFAULT.maxIoQueues();
      assertThat((int) granted.result()).isEqualTo((limit - 1) << 16 | limit - 1);
      var queues = new ArrayList<WireQueue>();
      for (int qid = 1; qid <= limit; qid++) {
        queues.add(host.connectIo(qid));
      }
      try (WireQueue another = new WireQueue(server.address()).initialize()) {
        WireQueue.Completed refused = host.tryConnectIo(another, limit + 1);
        assertThat(StatusCode.CONNECT_INVALID_PARAMETERS.is(refused.status())).isTrue();
        assertThat((int) refused.result())
            .isEqualTo(ConnectCommand.invalidInCommand(ConnectCommand.QID));
      }
      for (WireQueue queue : queues) {
        int cid = host.submit(queue, IoOpcode.READ, 0, 1);
        assertThat(queue.completion(cid, new byte[0]).status()).isZero();
      }
      for (WireQueue queue : queues) {
        queue.close();
      }
      host.leave();
      server.awaitNothingHeld();
    }
  }

  @Test
  void numberOfQueuesThatMayNotBeAskedFor_isRefused() throws Exception {
    try (var server = LiveServer.ofMemory("a=16M");
        WireHost host = server.host("a")) {
      host.connectAdmin(0);
      host.enable();
      assertThat(
              StatusCode.INVALID_FIELD.is(
                  host.setFeature(Feature.NUMBER_OF_QUEUES, 0xffff_ffff).status()))
          .isTrue();
    }
  }

  @Test
  void controllersFull_nextIsTurnedAwayForNow_andServedWhenOneLeaves() throws Exception {
    int limit = 5;
    try (var server = LiveServer.ofMemory(LiveServer.withControllers(limit), Map.of(), "a=16M")) {
      var hosts = new ArrayList<WireHost>();
      for (int i = 0; i < limit; i++) {
        hosts.add(server.host("a").bringUp());
      }
      try (WireHost another = server.host("a")) {
        assertThat(another.tryConnectAdmin(0).status())
            .as("busy, and no DNR: it may try again")
            .isEqualTo(StatusCode.CONNECT_CONTROLLER_BUSY.status());
      }
      hosts.removeLast().close();
      LiveServer.await("the controller ends", () -> server.controllers() == limit - 1);
      try (WireHost another = server.host("a")) {
        another.bringUp();
        assertThat(server.controllers()).isEqualTo(limit);
      }
      close(hosts);
      server.awaitNothingHeld();
    }
  }

  @Test
  void connectionsFull_nextIsClosedAtOnce_andServedWhenOneLeaves() throws Exception {
    try (var server =
        LiveServer.ofMemory(LiveServer.LIMITS, Map.of("transport.max-connections", "4"), "a=16M")) {
      var hosts = new ArrayList<>(List.of(server.host("a").bringUp(), server.host("a").bringUp()));
      try (var another = new WireQueue(server.address())) {
        another.awaitEnd();
      }
      hosts.removeLast().close();
      LiveServer.await("connections end", () -> server.connections() == 2);
      hosts.add(server.host("a").bringUp());
      int cid = hosts.getFirst().submit(hosts.getFirst().io, IoOpcode.READ, 0, 1);
      assertThat(hosts.getFirst().io.completion(cid, new byte[0]).status()).isZero();
      close(hosts);
      server.awaitNothingHeld();
    }
  }

  @Test
  void silentHost_isCutOffAfterKeepAliveTimeout_oneThatSpeaksIsNot() throws Exception {
    try (var server = LiveServer.ofMemory("a=16M");
        WireHost silent = server.host("a");
        WireHost speaking = server.host("a")) {
      speaking.connectAdmin(KATO_MS * 40);
      speaking.enable();
      speaking.io = speaking.connectIo(1);
      long start = System.nanoTime();
      silent.connectAdmin(KATO_MS);
      silent.admin.awaitEnd();
      long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      assertThat(tookMs).as("no sooner than was agreed").isGreaterThanOrEqualTo(KATO_MS);
      LiveServer.await("its controller ends", () -> server.controllers() == 1);
      keepAliveFor(speaking, KATO_MS * 4);
      silent.leave();
      speaking.leave();
      server.awaitNothingHeld();
    }
  }

  /** For longer than the timeout of the host that was cut off; commands of either queue count. */
  private static void keepAliveFor(WireHost host, long ms) throws IOException {
    assertThat(host.setFeature(Feature.KEEP_ALIVE_TIMER, KATO_MS * 2).status()).isZero();
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
    while (System.nanoTime() < end) {
      int cid = host.submit(host.io, IoOpcode.READ, 0, 1);
      assertThat(host.io.completion(cid, new byte[0]).status()).isZero();
    }
    assertThat(host.admin.call(sqe -> sqe.start(AdminOpcode.KEEP_ALIVE, 0)).status()).isZero();
  }

  private static void close(List<WireHost> hosts) throws IOException {
    for (WireHost host : hosts) {
      host.close();
    }
  }
}
