package io.dnvme.volume.mirror;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.BlockGeometry;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class GroupCheckTest {

  private static final BlockGeometry GROUP = new BlockGeometry(4096, 100);

  private static MemberSpec member(int disk, int blockSize, long blocks, long dataStart) {
    var device = new SteeredDevice(new BlockGeometry(blockSize, blocks));
    return new MemberSpec(new UUID(0, disk), device, dataStart, MemberState.IN_SYNC, 0);
  }

  private static ThrowingCallable checking(MemberSpec... members) {
    return () -> GroupCheck.check(GROUP, List.of(members));
  }

  @Test
  void oneToThree_areAGroup() {
    var members = new ArrayList<MemberSpec>();
    for (int i = 0; i < GroupCheck.MAX_MEMBERS; i++) {
      members.add(member(i, 4096, 110 + i, 10));
      assertThatCode(() -> GroupCheck.check(GROUP, members)).doesNotThrowAnyException();
    }
    members.add(member(9, 4096, 110, 10));
    assertThatThrownBy(() -> GroupCheck.check(GROUP, members))
        .hasMessage("a group has 1 to 3 members, not 4");
    assertThatThrownBy(checking()).hasMessage("a group has 1 to 3 members, not 0");
  }

  @Test
  void whatDoesNotFit_isRefused() {
    MemberSpec good = member(1, 4096, 110, 10);
    assertThatThrownBy(checking(good, member(2, 512, 1_000, 16)))
        .hasMessage("member 1 has blocks of 512 bytes, the group of 4096");
    assertThatThrownBy(checking(good, member(2, 4096, 109, 10)))
        .hasMessage("member 1 is too small: 99 blocks after block 10, the group has 100");
    assertThatThrownBy(checking(good, member(2, 4096, 110, -1)))
        .hasMessageContaining("is misaligned");
    assertThatThrownBy(checking(good, member(1, 4096, 110, 10)))
        .hasMessage("members 0 and 1 are both on disk 00000000-0000-0000-0000-000000000001");
    assertThatThrownBy(
            checking(good, new MemberSpec(new UUID(0, 2), null, 0, MemberState.REBUILDING, 0)))
        .hasMessage("member 1 has no device");
    assertThatThrownBy(checking(new MemberSpec(new UUID(0, 2), null, 0, MemberState.ABSENT, 0)))
        .hasMessage("a group needs a member that is in-sync");
  }

  @Test
  void misalignedData_isRefused() {
    var group = new BlockGeometry(512, 100);
    var member =
        new MemberSpec(
            new UUID(0, 1),
            new SteeredDevice(new BlockGeometry(512, 200)),
            7,
            MemberState.IN_SYNC,
            0);
    assertThatThrownBy(() -> GroupCheck.check(group, List.of(member)))
        .hasMessage("member 0 is misaligned: its data begins at block 7");
  }
}
