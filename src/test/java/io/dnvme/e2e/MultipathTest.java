package io.dnvme.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two connections to two portals of one server: one disk with two paths. */
@UsesLinuxHost
class MultipathTest {

  private static DnvmeServer server;

  @BeforeAll
  static void start() throws Exception {
    server = DnvmeServer.inMemory().disk("disk1", "128M").portals(2).start();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @Test
  void connect_bothPortals_areTwoOptimizedPathsOfOneDisk(LinuxHost host) {
    String report =
        host.succeed(
            server.script(
                """
                connect $nqn $port
                connect $nqn $port2
                disk $nqn >/dev/null
                await 10 path_is $nqn $port live optimized
                await 10 path_is $nqn $port2 live optimized
                ls /sys/class/block | grep -c '^nvme[0-9]*n1$'
                cat /sys/class/nvme/nvme*/cntlid | sort -u | wc -l
                """));
    assertThat(report).isEqualTo("1\n2\n");
  }

  @Test
  void roundRobin_bothPaths_moveData(LinuxHost host) {
    connectBoth(host);
    host.succeed(server.script("echo round-robin >$(subsystem $nqn)/iopolicy"));
    var verify = BackgroundVerify.start(host, server.nqn(), "--size=16M");
    host.succeed(
        server.script("await 20 path_moves_data $nqn $port; await 20 path_moves_data $nqn $port2"));
    verify.finish();
  }

  @Test
  void disconnect_pathInUse_otherPathGoesOn(LinuxHost host) {
    connectBoth(host);
    var verify = BackgroundVerify.start(host, server.nqn(), "--size=16M");
    host.succeed(
        server.script(
            """
            await 20 path_moves_data $nqn $port
            nvme disconnect -d $(path_name $nqn $port)
            await 20 path_moves_data $nqn $port2
            """));
    verify.finish();
  }

  @Test
  void reset_pathInUse_losesNothing(LinuxHost host) {
    connectBoth(host);
    var verify = BackgroundVerify.start(host, server.nqn(), "--size=16M");
    host.succeed(
        server.script(
            """
            for path in $(path_name $nqn $port) $(path_name $nqn $port2); do
              nvme reset /dev/$path
              sleep 1
            done
            await 20 path_is $nqn $port live optimized
            await 20 path_is $nqn $port2 live optimized
            """));
    verify.finish();
  }

  private static void connectBoth(LinuxHost host) {
    host.succeed(
        server.script(
            """
            connect $nqn $port
            connect $nqn $port2
            disk $nqn
            await 10 path_is $nqn $port live optimized
            await 10 path_is $nqn $port2 live optimized
            """));
  }
}
