package io.dnvme.target.ana;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.ManualReactor;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AnaPortTest {

  private static final long ANATT_NANOS = TimeUnit.SECONDS.toNanos(AnaGroups.ANATT_SECONDS);

  private final ManualReactor home = new ManualReactor();
  private final AnaGroups groups = new AnaGroups(home, 2, AnaState.OPTIMIZED);
  private final AnaPort port = groups.port(1);

  @Test
  void states_answerCommandsWithTheirStatus() {
    assertThat(port.status(1)).isEqualTo(Status.SUCCESS);
    port.change(1, AnaState.NON_OPTIMIZED);
    assertThat(port.status(1)).isEqualTo(Status.SUCCESS);
    port.change(1, AnaState.INACCESSIBLE);
    assertThat(port.status(1)).isEqualTo(StatusCode.ANA_INACCESSIBLE.status());
    port.change(1, AnaState.CHANGE);
    assertThat(port.status(1)).isEqualTo(StatusCode.ANA_TRANSITION.status());
    port.change(1, AnaState.PERSISTENT_LOSS);
    assertThat(port.status(1)).isEqualTo(StatusCode.ANA_PERSISTENT_LOSS.status());
    assertThat(port.status(2)).as("the other group").isEqualTo(Status.SUCCESS);
  }

  @ParameterizedTest
  @EnumSource(AnaState.class)
  void anyState_letsTheHostTryAnotherPath(AnaState state) {
    assertThat(Status.isDnr(state.status())).isFalse();
    assertThat(Status.isSuccess(state.status()) || Status.isPathRelated(state.status())).isTrue();
  }

  @Test
  void changeAtOnePortal_leavesTheOtherAsItWas() {
    AnaPort other = groups.port(2);
    var heard = new ArrayList<AnaChanged>();
    other.subscribe(home, heard::add);

    port.change(1, AnaState.INACCESSIBLE);
    home.settle();

    assertThat(other.state(1)).isEqualTo(AnaState.OPTIMIZED);
    assertThat(heard).isEmpty();
  }

  @Test
  void change_isToldAndCounted() {
    var heard = new ArrayList<AnaChanged>();
    port.subscribe(home, heard::add);

    assertThat(port.change(2, AnaState.INACCESSIBLE)).isTrue();
    assertThat(port.change(2, AnaState.INACCESSIBLE)).as("not a change").isFalse();
    assertThat(port.change(1, AnaState.NON_OPTIMIZED)).isTrue();
    home.settle();

    assertThat(heard)
        .containsExactly(
            new AnaChanged(1, 2, AnaState.OPTIMIZED, AnaState.INACCESSIBLE),
            new AnaChanged(1, 1, AnaState.OPTIMIZED, AnaState.NON_OPTIMIZED));
    assertThat(port.snapshot())
        .isEqualTo(
            new AnaPort.Snapshot(
                2, List.of(AnaState.NON_OPTIMIZED, AnaState.INACCESSIBLE), List.of(2L, 1L)));
  }

  @Test
  void lostGroup_staysLost() {
    port.change(1, AnaState.PERSISTENT_LOSS);
    assertThat(port.change(1, AnaState.PERSISTENT_LOSS)).isFalse();
    assertThatThrownBy(() -> port.change(1, AnaState.OPTIMIZED))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("lost for good");
    assertThat(port.state(1)).isEqualTo(AnaState.PERSISTENT_LOSS);
  }

  @Test
  void unknownGroup_isRefused() {
    assertThatThrownBy(() -> port.change(0, AnaState.CHANGE))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> port.change(3, AnaState.CHANGE))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void changeThatNobodyEnds_becomesInaccessibleInTime() {
    port.change(1, AnaState.CHANGE);
    home.advance(ANATT_NANOS - 1);
    assertThat(port.state(1)).isEqualTo(AnaState.CHANGE);
    home.advance(1);
    assertThat(port.state(1)).isEqualTo(AnaState.INACCESSIBLE);
  }

  @Test
  void changeEnteredAgain_hasItsFullTime() {
    port.change(1, AnaState.CHANGE);
    home.advance(ANATT_NANOS / 2);
    port.change(1, AnaState.OPTIMIZED);
    port.change(1, AnaState.CHANGE);
    home.advance(ANATT_NANOS - 1);
    assertThat(port.state(1)).isEqualTo(AnaState.CHANGE);
    port.change(1, AnaState.OPTIMIZED);
    home.advance(ANATT_NANOS);
    assertThat(port.state(1)).as("the alarms are out of date").isEqualTo(AnaState.OPTIMIZED);
  }

  @Test
  void membershipChange_isCountedNotTold() {
    var heard = new ArrayList<AnaChanged>();
    port.subscribe(home, heard::add);
    groups.membershipChanged(2);
    home.settle();
    assertThat(heard).isEmpty();
    assertThat(port.snapshot().changeCount()).isEqualTo(1);
    assertThat(port.snapshot().lastChange(2)).isEqualTo(1);
  }

  @Test
  void portals_areRememberedUpToTheLimit() {
    for (int id = 2; id <= AnaGroups.MAX_PORTALS; id++) {
      groups.port(id);
    }
    assertThat(groups.port(1)).isSameAs(port);
    assertThatThrownBy(() -> groups.port(AnaGroups.MAX_PORTALS + 1))
        .isInstanceOf(IllegalStateException.class);

    groups.forget(1);
    assertThat(groups.port(AnaGroups.MAX_PORTALS + 1).state(1)).isEqualTo(AnaState.OPTIMIZED);
  }

  @Test
  void groupCount_hasLimits() {
    assertThat(new AnaGroups(home, AnaGroups.MAX_GROUPS, AnaState.OPTIMIZED).port(1).state(128))
        .isEqualTo(AnaState.OPTIMIZED);
    for (int count : new int[] {0, AnaGroups.MAX_GROUPS + 1}) {
      assertThatThrownBy(() -> new AnaGroups(home, count, AnaState.OPTIMIZED))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
