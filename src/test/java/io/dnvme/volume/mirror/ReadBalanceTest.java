package io.dnvme.volume.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockStatus;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Three copies: a read goes to the member with the fewest commands, then to the nearest. */
class ReadBalanceTest {

  private MirrorRig rig;

  @AfterEach
  void close() {
    rig.close();
  }

  private void open(int... distances) {
    rig = new MirrorRig(distances);
    rig.holdAll();
  }

  private List<Integer> held() {
    List<Integer> held = new ArrayList<>();
    for (SteeredDevice device : rig.devices) {
      held.add(device.held());
    }
    return held;
  }

  private void read(int times) {
    for (int i = 0; i < times; i++) {
      rig.read(i, 1);
    }
  }

  @Test
  void equallyNear_allGetTheSame() {
    open(0, 0, 0);
    read(9);
    assertThat(held()).containsExactly(3, 3, 3);
  }

  @Test
  void oneThatIsBehind_getsNoMoreUntilTheOthersHaveAsMany() {
    open(0, 0, 0);
    read(3);
    rig.devices[0].runAll();
    rig.devices[2].runAll();
    read(2);
    assertThat(held()).containsExactly(1, 1, 1);
    rig.devices[2].runAll();
    read(1);
    assertThat(held()).as("the one that has nothing").containsExactly(1, 1, 1);
  }

  @Test
  void amongThoseWithAsMany_theNearestIsFirst() {
    open(2, 1, 3);
    read(1);
    assertThat(held()).containsExactly(0, 1, 0);
    read(1);
    assertThat(held()).containsExactly(1, 1, 0);
    read(1);
    assertThat(held()).containsExactly(1, 1, 1);
    read(1);
    assertThat(held()).containsExactly(1, 2, 1);
  }

  @Test
  void oneByOne_theNearestGetsAll() {
    open(2, 1, 3);
    for (SteeredDevice device : rig.devices) {
      device.goOn();
    }
    read(6);
    assertThat(rig.devices[1].reads()).isEqualTo(6);
  }

  @Test
  void writesCountToo_andFailedMembersGetNothing() {
    open(0, 0, 0);
    rig.write(20, 1, 1);
    rig.home.settle();
    rig.devices[1].down(BlockStatus.PATH_LOST);
    rig.home.settle();
    rig.devices[2].runAll();
    read(1);
    assertThat(rig.devices[2].held()).isEqualTo(1);
    assertThat(rig.devices[1].reads()).isZero();
  }
}
