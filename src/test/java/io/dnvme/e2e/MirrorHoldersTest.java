package io.dnvme.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.e2e.ByHandCluster.Shape;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk of two copies whose record a witness keeps, too, while any one of the three dies, and
 * while others become its holders: the host's applications see no error and no wrong byte (RECORD,
 * OWNER, LEASE, ACK).
 */
@UsesLinuxHost
class MirrorHoldersTest {

  /** Far above what is measured, and printed, where an emulated host shares two cores with all. */
  private static final Duration STALL_LIMIT = Duration.ofSeconds(15);

  @TempDir private Path directory;
  private ByHandCluster cluster;

  private void start(LinuxHost host, int witnesses) throws Exception {
    cluster = ByHandCluster.start(directory, new Shape(2, 2, witnesses, false));
    host.succeed(
        cluster.script(
            """
            connect $nqn $port --keep-alive-tmo=1
            connect $nqn $port2 --keep-alive-tmo=1
            disk $nqn
            await 20 path_is $nqn $port live optimized
            await 20 path_is $nqn $port2 live inaccessible
            """));
  }

  @AfterEach
  void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void twoDiskNodesAndAWitness_eachKilledInTurn_theHostGoesOn(LinuxHost host) throws Exception {
    start(host, 1);
    var verify = BackgroundVerify.start(host, cluster.nqn(), "--size=16M");
    awaitData(host, 0);
    for (int member = 0; member < 2; member++) {
      cluster.diskNode(member).kill();
      cluster.awaitSaid(0, "is removed from its group", member + 1);
      awaitData(host, 0);
      cluster.launchDiskNode(member);
      cluster.awaitSaid(0, "is in-sync again", member + 1);
    }
    int witness = 2;
    cluster.diskNode(witness).kill();
    awaitData(host, 0);
    // The two that are left are a majority for another owner, too.
    cluster.controller(0).kill();
    cluster.awaitServing(1);
    awaitData(host, 1);
    cluster.launchDiskNode(witness);
    awaitData(host, 1);
    assertThat(cluster.controller(1).outputOfThisLife()).doesNotContain("no more");
    assertStall("each disk node, the witness and the owner were killed", verify.finish());
  }

  @Test
  void holdersChange_andAnOldAndANewOneDie_theHostGoesOn(LinuxHost host) throws Exception {
    start(host, 2);
    var verify = BackgroundVerify.start(host, cluster.nqn(), "--size=16M");
    awaitData(host, 0);
    cluster.setHolders("b", "c", "d");
    cluster.controller(1).stop();
    cluster.launchController(1);
    cluster.awaitStandby(1);
    host.succeed(cluster.script("await 60 path_is $nqn $port2 live inaccessible"));
    cluster.controller(0).stop();
    cluster.awaitServing(1);
    cluster.awaitSaid(1, "are now b, c, d");
    cluster.launchController(0);
    cluster.awaitStandby(0);
    host.succeed(cluster.script("await 60 path_is $nqn $port live inaccessible"));

    // With a and c gone b and d are a majority of the new holders, and b alone of the old ones.
    cluster.diskNode(0).kill();
    cluster.awaitSaid(1, "is removed from its group");
    cluster.diskNode(2).kill();
    awaitData(host, 1);
    cluster.controller(1).kill();
    cluster.awaitServing(0);
    awaitData(host, 0);
    assertStall("the holders changed, and two nodes and the owner were killed", verify.finish());
  }

  private void awaitData(LinuxHost host, int controller) {
    host.succeed(
        "await 60 path_moves_data %s %d".formatted(cluster.nqn(), cluster.port(controller)));
  }

  private static void assertStall(String after, Duration stall) {
    System.out.println(
        "MEASURED: after " + after + " a command waited " + stall.toMillis() + " ms");
    assertThat(stall).isLessThan(STALL_LIMIT);
  }
}
