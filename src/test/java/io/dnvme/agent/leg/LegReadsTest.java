package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.agent.leg.ControllerAgent.DiskNodeAddress;
import io.dnvme.agent.leg.LegRig.Controller;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which of a leg's members reads go to, by what a controller is told of its nodes. */
class LegReadsTest {

  private static final int READS = 12;

  private final LegRig rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK);

  @AfterEach
  void close() {
    rig.close();
  }

  private Controller serving(int... distances) {
    for (int i = 0; i < distances.length; i++) {
      rig.node(i + 1).distance = distances[i];
    }
    return rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
  }

  /** What each disk was asked for, by reads that come one after another. */
  private List<Long> read(Controller of) {
    List<Long> before = rig.nodes.stream().map(node -> node.medium().reads()).toList();
    for (int i = 0; i < READS; i++) {
      rig.read(of, i);
    }
    return rig.nodes.stream()
        .map(node -> node.medium().reads() - before.get(node.number - 1))
        .toList();
  }

  @Test
  void membersThatHaveNothingToDo_areReadByDistance() {
    assertThat(read(serving(7, 2, 1000))).containsExactly(0L, (long) READS, 0L);
  }

  @Test
  void membersAtTheSameDistance_areReadInTurn() {
    long each = READS / 3;
    assertThat(read(serving(4, 4, 4))).containsExactly(each, each, each);
  }

  @Test
  void nearestMemberThatCameBack_isReadAgain() {
    Controller one = serving(1, 0, 1);
    rig.node(2).stop();
    rig.write(one, 0, 1, 5);
    assertThat(read(one).get(1)).isZero();
    rig.node(2).start();
    rig.until("it is whole", one::isWhole);
    assertThat(read(one)).containsExactly(0L, (long) READS, 0L);
  }

  @Test
  void eachController_hasDistancesOfItsOwn() {
    Controller one = serving(0, 1, 1);
    rig.node(1).distance = 1;
    rig.node(3).distance = 0;
    Controller two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    assertThat(read(one)).containsExactly((long) READS, 0L, 0L);
    one.leave();
    rig.until("the other serves", two::isServing);
    rig.pass(LegRig.SECOND);
    assertThat(read(two)).containsExactly(0L, 0L, (long) READS);
  }

  @Test
  void distanceThatIsNone_isRefused() {
    for (int wrong : new int[] {-1, DiskNodeAddress.MAX_DISTANCE + 1}) {
      assertThatThrownBy(
              () -> new DiskNodeAddress(new UUID(1, 2), "a", RigNetwork.address(1), wrong))
          .hasMessage("the distance of node a is 0 to 1000, not " + wrong);
    }
  }
}
