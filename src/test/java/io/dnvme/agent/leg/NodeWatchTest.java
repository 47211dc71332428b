package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.ownership.HolderWatch;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NodeWatchTest {

  private static final UUID LEG = new UUID(9, 1);

  private final LegRig rig = new LegRig(Kind.DISK);
  private final LegRig.Process process = rig.new Process(1);
  private final List<DiskNodeLink> links = new ArrayList<>();

  private NodeWatch watch() {
    List<DiskNodeLink> its = process.links();
    links.addAll(its);
    var watch = new NodeWatch[1];
    rig.reactor.run(() -> watch[0] = new NodeWatch(rig.reactor, its));
    rig.until("it is connected", () -> its.stream().allMatch(DiskNodeLink::isLive));
    rig.reactor.run(() ->
        watch[0].add(
            LEG,
            new HolderWatch.Listener() {
              @Override
              public void free(UUID holder) {}

              @Override
              public void askAgain() {}
            }));
    return watch[0];
  }

  @AfterEach
  void close() {
    process.cut();
    rig.close();
  }

  /** A node has one question of each controller: each of theirs ends the other one's. */
  @Test
  void questionThatIsAnsweredAtOnceWithNothing_isAskedAgainAfterAWhile() {
    NodeWatch one = watch();
    NodeWatch two = watch();
    UUID store = rig.node(1).holder().identity();
    int covered = 0;
    for (int i = 0; i < 100; i++) {
      rig.pass(100 * LegRig.MILLI);
      boolean first = one.covers(store);
      boolean second = two.covers(store);
      assertThat(first && second).isFalse();
      covered += first || second ? 1 : 0;
    }
    assertThat(covered).isGreaterThan(50);
  }
}
