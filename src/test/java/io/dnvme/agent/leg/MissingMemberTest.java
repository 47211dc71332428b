package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.nvme.vendor.NodeIdentity;
import io.dnvme.ownership.Group;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.Member;
import io.dnvme.ownership.MemberState;
import io.dnvme.ownership.RecordTransition;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class MissingMemberTest {

  private static final UUID LOST = new UUID(1, 1);
  private static final UUID DISK = new UUID(2, 2);
  private static final UUID POWER = new UUID(3, 3);
  private static final int DISK_NODE = NodeIdentity.HOLDS_RECORDS | NodeIdentity.HAS_LOGICAL_DISKS;

  private static MissingMember decide(MemberState state, UUID power, int node, UUID... word) {
    var member = new Member(LOST, new UUID(4, 4), "", state, power);
    var identity = new NodeIdentity(new UUID(4, 4), DISK, DISK, DISK, POWER, node, 1, 1);
    Map<UUID, UUID> words = word.length == 0 ? Map.of() : Map.of(word[0], word[1]);
    return MissingMember.of(member, identity, "c", words);
  }

  @Test
  void whatWasNeverUsed_orWasMemory_isReplacedWithoutAWord_underAnotherName() {
    for (MissingMember decision :
        List.of(
            decide(MemberState.ABSENT, LegPlan.NEVER_USED, DISK_NODE),
            decide(MemberState.ABSENT, POWER, DISK_NODE | NodeIdentity.FORGETS),
            decide(MemberState.REBUILDING, POWER, DISK_NODE | NodeIdentity.FORGETS))) {
      assertThat(decision)
          .isInstanceOfSatisfying(
              MissingMember.Replace.class, by -> assertThat(by.by()).isNotEqualTo(LOST));
    }
  }

  @Test
  void whatWasUsed_isReplacedByTheWordThatNamesBoth_andAlwaysByTheSame() {
    MissingMember first = decide(MemberState.ABSENT, POWER, DISK_NODE, LOST, DISK);
    assertThat(first).isInstanceOf(MissingMember.Replace.class).isNotEqualTo(LOST);
    assertThat(decide(MemberState.REBUILDING, POWER, DISK_NODE, LOST, DISK)).isEqualTo(first);
  }

  @Test
  void whatWasUsed_isAskedFor_whereNoWordNamesBoth() {
    assertThat(decide(MemberState.ABSENT, POWER, DISK_NODE)).isInstanceOf(MissingMember.Ask.class);
    assertThat(decide(MemberState.ABSENT, POWER, DISK_NODE, LOST, POWER))
        .isInstanceOf(MissingMember.Ask.class);
    assertThat(decide(MemberState.ABSENT, POWER, DISK_NODE, DISK, DISK))
        .isInstanceOf(MissingMember.Ask.class);
  }

  @Test
  void memberThatIsInSync_isNeverTouched() {
    for (int node : new int[] {DISK_NODE, DISK_NODE | NodeIdentity.FORGETS}) {
      for (UUID power : List.of(POWER, LegPlan.NEVER_USED)) {
        assertThat(decide(MemberState.IN_SYNC, power, node, LOST, DISK))
            .isInstanceOf(MissingMember.Ask.class);
      }
    }
  }

  @Test
  void witness_isGivenNothing() {
    assertThat(
            decide(MemberState.ABSENT, LegPlan.NEVER_USED, NodeIdentity.HOLDS_RECORDS, LOST, DISK))
        .isInstanceOf(MissingMember.Ask.class);
  }

  @Test
  void steps_leadToARecordWithTheNewOneInTheOldOnesPlace() {
    UUID by = new UUID(9, 9);
    LegRecord record = record(MemberState.IN_SYNC, MemberState.REBUILDING);
    LegRecord absent = MissingMember.step(record, LOST, by);
    assertThat(RecordTransition.refusal(record, absent)).isEmpty();
    assertThat(absent.member(LOST).state()).isEqualTo(MemberState.ABSENT);
    LegRecord replaced = MissingMember.step(absent, LOST, by);
    assertThat(RecordTransition.refusal(absent, replaced)).isEmpty();
    assertThat(replaced.member(LOST)).isNull();
    assertThat(replaced.groups().getFirst().members().get(1))
        .isEqualTo(
            new Member(by, absent.member(LOST).diskNode(), "", MemberState.ABSENT, new UUID(0, 0)));
    assertThatThrownBy(() -> MissingMember.step(replaced, LOST, by))
        .isInstanceOf(IllegalArgumentException.class);
    LegRecord inSync = record(MemberState.IN_SYNC, MemberState.IN_SYNC);
    assertThatThrownBy(() -> MissingMember.step(inSync, LOST, by))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static LegRecord record(MemberState first, MemberState second) {
    var plan =
        new LegPlan(
            DISK, "disk", 4096, 1 << 20, 400, List.of(List.of(new UUID(8, 1), new UUID(8, 2))));
    LegRecord record = plan.firstRecord(POWER, List.of(new Holder(new UUID(7, 1), "")));
    Group group = record.groups().getFirst();
    return record.withGroups(
        List.of(
            new Group(
                group.sizeBytes(),
                List.of(
                    group.members().getFirst().withState(first),
                    new Member(LOST, new UUID(8, 2), "", second, POWER)))));
  }
}
