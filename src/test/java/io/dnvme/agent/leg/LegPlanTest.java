package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.ownership.Holder;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.Member;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class LegPlanTest {

  private static final UUID DISK = new UUID(1, 1);
  private static final UUID A = new UUID(2, 1);
  private static final UUID B = new UUID(2, 2);
  private static final UUID C = new UUID(2, 3);
  private static final UUID D = new UUID(2, 4);
  private static final long MEGA = 1L << 20;

  @Test
  void firstRecord_hasAllGroupsOneBehindTheOther() {
    LegPlan plan = plan(64 * MEGA, List.of(List.of(A, B), List.of(C, A)));
    LegRecord record = plan.firstRecord(new UUID(3, 3), List.of(new Holder(new UUID(4, 4), "")));
    assertThat(record.sizeBytes()).isEqualTo(128 * MEGA);
    assertThat(record.disk().sizeBytes()).isEqualTo(128 * MEGA);
    assertThat(record.groups()).hasSize(2).allMatch(group -> group.sizeBytes() == 64 * MEGA);
    assertThat(record.groups().get(1).members().stream().map(Member::diskNode))
        .containsExactly(C, A);
    assertThat(
            record.groups().stream()
                .flatMap(group -> group.members().stream())
                .map(Member::logicalDisk))
        .containsExactly(
            plan.logicalDisk(0), plan.logicalDisk(1), plan.logicalDisk(2), plan.logicalDisk(3))
        .doesNotHaveDuplicates();
    assertThat(plan.members()).containsExactly(A, B, C, A);
  }

  @Test
  void whatIsMadeAgain_hasTheSameIdentities() {
    LegPlan plan = plan(64 * MEGA, List.of(List.of(A, B)));
    assertThat(plan(64 * MEGA, List.of(List.of(A, B))).logicalDisk(1))
        .isEqualTo(plan.logicalDisk(1));
    assertThat(LegPlan.leg(DISK)).isEqualTo(LegPlan.leg(DISK)).isNotEqualTo(LegPlan.leg(A));
  }

  @Test
  void twoMembersOnOneDiskNode_areRefused() {
    assertThatThrownBy(() -> plan(64 * MEGA, List.of(List.of(A, A))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("on one disk node");
  }

  @Test
  void sizesAndNumbersThatMakeNoSense_areRefused() {
    assertThat(plan(LegPlan.MAX_GROUP_BYTES, List.of(List.of(A))).sizeBytes())
        .isEqualTo(LegPlan.MAX_GROUP_BYTES);
    assertThatThrownBy(() -> plan(LegPlan.MAX_GROUP_BYTES + 4096, List.of(List.of(A))))
        .hasMessageContaining("at most");
    assertThatThrownBy(() -> plan(64 * MEGA + 1, List.of(List.of(A))))
        .hasMessageContaining("whole blocks");
    assertThatThrownBy(() -> plan(0, List.of(List.of(A))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> plan(MEGA, List.of())).hasMessageContaining("128 groups");
    assertThatThrownBy(() -> plan(MEGA, List.of(List.of()))).hasMessageContaining("1 to 3");
    assertThatThrownBy(() -> plan(MEGA, List.of(List.of(A, B, C, D))))
        .hasMessageContaining("1 to 3");
    assertThatThrownBy(() -> plan(MEGA, Collections.nCopies(129, List.of(A))))
        .hasMessageContaining("128 groups");
  }

  private static LegPlan plan(long groupBytes, List<List<UUID>> groups) {
    return new LegPlan(DISK, "disk", 4096, groupBytes, 400, groups);
  }
}
