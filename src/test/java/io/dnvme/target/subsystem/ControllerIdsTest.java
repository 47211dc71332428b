package io.dnvme.target.subsystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import org.junit.jupiter.api.Test;

class ControllerIdsTest {

  @Test
  void identifiers_comeFromTheRangeEachOnce() {
    var ids = new ControllerIds(0x100, 0x1ff, 0x100);
    var given = new HashSet<Integer>();
    for (int i = 0; i < 0x100; i++) {
      int id = ids.allocate();
      assertThat(id).isBetween(0x100, 0x1ff);
      assertThat(given.add(id)).isTrue();
    }
    assertThat(ids.allocate()).isEqualTo(ControllerIds.NONE);
  }

  @Test
  void controllersAtTheLimit_noneMore() {
    var ids = new ControllerIds(1, 1000, 2);
    assertThat(ids.allocate()).isEqualTo(1);
    assertThat(ids.allocate()).isEqualTo(2);
    assertThat(ids.allocate()).isEqualTo(ControllerIds.NONE);
    ids.release(1);
    assertThat(ids.inUse()).isEqualTo(1);
    assertThat(ids.allocate()).isEqualTo(3);
  }

  @Test
  void releasedIdentifier_isGivenOutLast() {
    var ids = new ControllerIds(1, 3, 3);
    int first = ids.allocate();
    ids.release(first);
    assertThat(ids.allocate()).isEqualTo(2);
    assertThat(ids.allocate()).isEqualTo(3);
    assertThat(ids.allocate()).isEqualTo(first);
  }

  @Test
  void releaseOfWhatNobodyHas_isRefused() {
    var ids = new ControllerIds(10, 20, 5);
    for (int id : new int[] {9, 10, 21}) {
      assertThatThrownBy(() -> ids.release(id)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
