package io.dnvme.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk of two copies, whose disk nodes die or stand still while a host writes and verifies: the
 * one that returns is brought up to date with what it missed and no more, and then has all of it
 * (MEMBER, INTENT). The third disk node only keeps the disk's record.
 */
@UsesLinuxHost
class MirrorRebuildTest {

  private static final Pattern BEGUN =
      Pattern.compile("is being rebuilt[^:]*: (\\d+) of (\\d+) regions");
  private static final Pattern ENDED =
      Pattern.compile("rebuild of member \\S+: (\\S+), (\\d+) bytes copied");

  private static final String BEFORE = "--offset=32M --size=32M --randseed=2000001";
  private static final String MEANWHILE = "--offset=96M --size=8M --randseed=2000002";
  private static final int REGION_BYTES = 4 << 20;

  /** All that was ever written, 56 MiB: what was written just before counts as possibly missed. */
  private static final int MOST_REGIONS = 14;

  /** Longer than keep-alive times, gap limits and what a member may keep a command for. */
  private static final Duration LONG_PAUSE = Duration.ofSeconds(7);

  @TempDir private Path directory;
  private ByHandCluster cluster;

  @BeforeEach
  void start() throws Exception {
    cluster = ByHandCluster.start(directory, 2);
  }

  @AfterEach
  void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void diskNodesKilledInTurn_theReturnedOneIsRebuiltByDeltaAndHasAll(LinuxHost host)
      throws Exception {
    BackgroundVerify verify = writeAndVerify(host);

    cluster.diskNode(1).kill();
    cluster.awaitSaid(0, "is removed from its group");
    host.succeed("fio_verify $(disk %s) %s".formatted(cluster.nqn(), MEANWHILE));
    cluster.launchDiskNode(1);
    assertRebuiltByDelta();

    assertHasAll(host);
    verify.finish();
  }

  @Test
  void diskNodeStopped_forLongerThanEveryTimeout_isRebuiltByDeltaAndHasAll(LinuxHost host)
      throws Exception {
    BackgroundVerify verify = writeAndVerify(host);

    cluster.diskNode(1).pause();
    long pausedAtNanos = System.nanoTime();
    cluster.awaitSaid(0, "is removed from its group");
    host.succeed("fio_verify $(disk %s) %s".formatted(cluster.nqn(), MEANWHILE));
    Duration left = LONG_PAUSE.minusNanos(System.nanoTime() - pausedAtNanos);
    if (left.isPositive()) {
      host.succeed("sleep " + (left.toSeconds() + 1));
    }
    cluster.diskNode(1).resume();
    assertRebuiltByDelta();

    assertHasAll(host);
    verify.finish();
  }

  /** What is flushed before, and what is written and verified all the time. */
  private BackgroundVerify writeAndVerify(LinuxHost host) throws Exception {
    host.succeed(
        cluster.script(
            """
            connect $nqn $port
            connect $nqn $port2
            disk $nqn
            await 20 path_is $nqn $port live optimized
            """));
    host.succeed("fio_verify $(disk %s) %s".formatted(cluster.nqn(), BEFORE));
    var verify = BackgroundVerify.start(host, cluster.nqn(), "--size=16M");
    host.succeed(cluster.script("await 30 path_moves_data $nqn $port"));
    return verify;
  }

  private void assertRebuiltByDelta() throws Exception {
    cluster.awaitSaid(0, "is in-sync again");
    MatchResult begun = cluster.lastSaid(0, BEGUN).orElseThrow();
    assertThat(Integer.parseInt(begun.group(1)))
        .as(begun.group())
        .isBetween(1, MOST_REGIONS)
        .isLessThan(Integer.parseInt(begun.group(2)) / 2);
    cluster
        .controller(0)
        .await("the rebuild's end", ByHandCluster.LIMIT, said -> ENDED.matcher(said).find());
    MatchResult ended = cluster.lastSaid(0, ENDED).orElseThrow();
    assertThat(ended.group(1)).isEqualTo("PROMOTED");
    assertThat(Long.parseLong(ended.group(2)))
        .as(ended.group())
        .isBetween(1L, (long) MOST_REGIONS * REGION_BYTES);
  }

  /** The one that came back has to serve every read alone. */
  private void assertHasAll(LinuxHost host) throws Exception {
    cluster.diskNode(0).kill();
    host.succeed(
        "fio_check $(disk %1$s) %2$s; fio_check $(disk %1$s) %3$s"
            .formatted(cluster.nqn(), BEFORE, MEANWHILE));
    assertThat(cluster.lastSaid(0, Pattern.compile("serves leg .* no more"))).isEmpty();
  }
}
