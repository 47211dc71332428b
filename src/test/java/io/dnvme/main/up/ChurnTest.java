package io.dnvme.main.up;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.DisconnectCommand;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.Property;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.management.ObjectName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Hosts that come and go by the thousand leave nothing: no descriptor, thread, buffer or object.
 * Each brings up an association with two queues, reads a block and leaves in one of several ways.
 */
class ChurnTest {

  private static final int WARM_UP = 200;
  private static final int AT_ONCE = 4;
  private static final int BLOCKS = 4096;

  /** Objects of a connection, of which a few may be kept for later use. */
  private static final List<String> CLASSES =
      List.of(
          "io.dnvme.transport.QueuePair",
          "io.dnvme.target.queue.TargetConnection",
          "io.dnvme.target.queue.CommandSlot",
          "io.dnvme.target.controller.IoController",
          "io.dnvme.nvme.PduFramer",
          "org.apache.pekko.actor.ActorCell",
          "org.apache.pekko.stream.impl.fusing.GraphInterpreter");

  @Test
  void twoThousandHosts_leaveNothing() throws Exception {
    churn(2_000);
  }

  @Test
  @Tag("soak")
  void tenThousandHosts_leaveNothing() throws Exception {
    churn(10_000);
  }

  private static void churn(int hosts) throws Exception {
    try (var server = LiveServer.ofMemory("a=16M")) {
      comeAndGo(server, WARM_UP);
      server.awaitNothingHeld();
      Set<String> sockets = LiveServer.sockets();
      int threads = ManagementFactory.getThreadMXBean().getThreadCount();
      Map<String, Long> before = liveObjects();
      long start = System.nanoTime();
      comeAndGo(server, hosts);
      double seconds = (System.nanoTime() - start) / 1e9;
      server.awaitNothingHeld();
      LiveServer.awaitSockets(sockets);
      LiveServer.await(
          "threads end", () -> ManagementFactory.getThreadMXBean().getThreadCount() <= threads + 2);
      System.out.printf("ChurnTest: %d hosts in %.1f s%n", hosts, seconds);
      Map<String, Long> after = liveObjects();
      for (String name : CLASSES) {
        assertThat(after.getOrDefault(name, 0L))
            .as("objects of %s that live on", name)
            .isLessThanOrEqualTo(before.getOrDefault(name, 0L) + 2 * AT_ONCE);
      }
    }
  }

  private static void comeAndGo(LiveServer server, int hosts) throws Exception {
    try (var threads = Executors.newFixedThreadPool(AT_ONCE)) {
      var runs = new ArrayList<Callable<Void>>();
      for (int i = 0; i < AT_ONCE; i++) {
        int first = i;
        runs.add(() -> {
          for (int number = first; number < hosts; number += AT_ONCE) {
            comeAndGo(server.host("a"), number);
          }
          return null;
        });
      }
      for (Future<Void> run : threads.invokeAll(runs)) {
        run.get();
      }
    }
  }

  private static void comeAndGo(WireHost host, int number) throws IOException {
    host.bringUp();
    int cid = host.submit(host.io, IoOpcode.READ, number % BLOCKS, 1);
    assertThat(host.io.completion(cid, new byte[0]).status()).isZero();
    switch (number % 4) {
      case 0 -> {
        // As Linux does: shut down, then hang up.
        host.setProperty(Property.CC, WireHost.CC_ENABLE | 1 << 14);
        host.leave();
      }
      case 1 -> {
        host.io.call(sqe -> new DisconnectCommand().wrap(sqe.segment(), sqe.offset()).start(0));
        host.leave();
      }
      case 2 -> {
        host.admin.reset();
        host.io.reset();
      }
      default -> host.leave();
    }
  }

  /** Objects that are reachable, by class. */
  private static Map<String, Long> liveObjects() throws Exception {
    var histogram =
        (String)
            ManagementFactory.getPlatformMBeanServer()
                .invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"),
                    "gcClassHistogram",
                    new Object[] {null},
                    new String[] {String[].class.getName()});
    var counts = new HashMap<String, Long>();
    for (String line : histogram.split("\n")) {
      String[] columns = line.strip().split("\\s+");
      if (columns.length >= 4 && columns[0].endsWith(":")) {
        counts.merge(columns[3], Long.parseLong(columns[1]), Long::sum);
      }
    }
    assertThat(counts).as("the histogram is understood").containsKey("java.lang.String");
    return counts;
  }
}
