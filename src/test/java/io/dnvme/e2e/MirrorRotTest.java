package io.dnvme.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.e2e.ByHandCluster.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk of two copies with checksums, one of which rots while its disk node is down: the host
 * reads what it wrote, and the rotten copy is made good from the other (NO-SILENT-LOSS).
 */
@UsesLinuxHost
class MirrorRotTest {

  private static final int FIO_BLOCK_BYTES = 32 << 10;
  private static final long RANGE_BYTES = 4 << 20;

  /** Where reads meet what rotted, and where only a scrub does. */
  private static final long READ_AT = 32L << 20;

  private static final long UNREAD_AT = 64L << 20;

  /** In each; few enough that the member does not fail for them. */
  private static final int ROTTEN = 16;

  /**
   * A region counts as possibly unlike for 5 to 10 s after its last write; a node that dies then
   * gets all of it anew, with whatever rotted.
   */
  private static final String AS_LONG_AS_WRITES_ARE_REMEMBERED = "sleep 14";

  private static final Pattern SCRUBBED =
      Pattern.compile(
          "scrub of leg \\S+ is complete: .* (\\d+) not as written, (\\d+) unreadable, (\\d+)"
              + " undecided, (\\d+) lost, (\\d+) repaired, (\\d+) not repaired");

  @TempDir private Path directory;
  private ByHandCluster cluster;

  @BeforeEach
  void start() throws Exception {
    cluster = ByHandCluster.start(directory, Shape.mirror(2).withChecksums());
  }

  @AfterEach
  void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void copyThatRotted_isNeverServed_andIsRepairedByReadsAndByAScrub(LinuxHost host)
      throws Exception {
    host.succeed(
        cluster.script(
            """
            connect $nqn $port
            connect $nqn $port2
            disk $nqn
            await 20 path_is $nqn $port live optimized
            """));
    fio(host, "fio_verify", READ_AT);
    fio(host, "fio_verify", UNREAD_AT);
    var verify = BackgroundVerify.start(host, cluster.nqn(), "--size=8M");
    host.succeed(AS_LONG_AS_WRITES_ARE_REMEMBERED);

    cluster.diskNode(1).kill();
    cluster.awaitSaid(0, "is removed from its group");
    rot(cluster.diskImage(1), READ_AT);
    rot(cluster.diskImage(1), UNREAD_AT);
    cluster.launchDiskNode(1);
    cluster.awaitSaid(0, "is in-sync again");
    fio(host, "fio_check", READ_AT);
    cluster.awaitSaid(0, "is not what was written, by its checksum");
    cluster.awaitSaid(0, "is repaired from another member");

    // What no read met is found by a scrub, beside what the others left of what they met.
    cluster.controller(0).stop();
    cluster.awaitServing(1);
    cluster.launchController(0, "scrub { at-start = true, min-rate = 64M }");
    cluster.awaitStandby(0);
    host.succeed(cluster.script("await 60 path_is $nqn $port live inaccessible"));
    cluster.controller(1).stop();
    cluster.awaitServing(0);
    cluster
        .controller(0)
        .await("the scrub's end", ByHandCluster.LIMIT, said -> SCRUBBED.matcher(said).find());
    MatchResult scrub = cluster.lastSaid(0, SCRUBBED).orElseThrow();
    System.out.println("MEASURED: " + scrub.group());
    int rotten = Integer.parseInt(scrub.group(1));
    assertThat(rotten).as(scrub.group()).isBetween(ROTTEN, 2 * ROTTEN - 1);
    for (int kind : new int[] {2, 3, 4, 6}) {
      assertThat(scrub.group(kind)).as(scrub.group()).isEqualTo("0");
    }
    assertThat(scrub.group(5)).as(scrub.group()).isEqualTo(scrub.group(1));

    cluster.diskNode(0).kill();
    fio(host, "fio_check", READ_AT);
    fio(host, "fio_check", UNREAD_AT);
    verify.finish();
  }

  private void fio(LinuxHost host, String how, long atBytes) {
    host.succeed(
        "%s $(disk %s) --offset=%d --size=%d --randseed=%d"
            .formatted(how, cluster.nqn(), atBytes, RANGE_BYTES, atBytes));
  }

  private static void rot(Path image, long atBytes) throws IOException {
    assertThat(
            Rot.inFioBlocks(
                image, atBytes, atBytes + RANGE_BYTES, FIO_BLOCK_BYTES, RANGE_BYTES / ROTTEN))
        .as("blocks of the killed node's disk that rot")
        .isEqualTo(ROTTEN);
  }
}
