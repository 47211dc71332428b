package io.dnvme.volume.intent;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockGeometry;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MemberInspectionTest {

  private final IntentFixture fixture =
      new IntentFixture(2, new IntentSettings(5 * IntentFixture.MILLI, 100));

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void memberWithoutDirtyRegions_isClean() {
    assertThat(inspect(1)).isInstanceOf(MemberInspection.Outcome.Clean.class);
    fixture.write(0, 1, 1);
    fixture.until(() -> inspect(1) instanceof MemberInspection.Outcome.Clean);
  }

  @Test
  void memberThatWasWritten_hasUnclearedRegions() {
    fixture.write(0, 1, 1);
    byte[] before = fixture.devices[1].mediumBytes();
    assertThat(inspect(1)).isInstanceOf(MemberInspection.Outcome.Uncleared.class);
    assertThat(fixture.devices[1].mediumBytes()).isEqualTo(before);
  }

  @Test
  void damagedBitmapPage_countsAsUncleared() {
    fixture.group.die();
    fixture.devices[1].rot(fixture.layout.bitmapBlock(0, 0, 0), 200);
    assertThat(inspect(1)).isInstanceOf(MemberInspection.Outcome.Uncleared.class);
  }

  /** One that can be read does not count as damaged because another one cannot. */
  @Test
  void pagesThatCannotBeRead_countAsDamaged_andNoOthers() {
    fixture.group.die();
    fixture.devices[1].spoil(fixture.layout.descriptorBlock(0));
    fixture.devices[1].spoil(fixture.layout.bitmapBlock(MemberLayout.PEERS, 0, 1));
    assertThat(inspect(1)).isInstanceOf(MemberInspection.Outcome.Clean.class);
    fixture.devices[1].spoil(fixture.layout.bitmapBlock(0, 0, 0));
    assertThat(inspect(1)).isInstanceOf(MemberInspection.Outcome.Uncleared.class);
    fixture.devices[1].spoil(fixture.layout.descriptorBlock(1));
    assertThat(inspect(1)).isInstanceOf(MemberInspection.Outcome.Empty.class);
  }

  @Test
  void header_isReadInAsFewCommandsAsItsMemoryHolds() {
    fixture.group.die();
    CrashWire wire = fixture.wire(1);
    var reads = new int[1];
    wire.watch(io -> reads[0]++);
    assertThat(inspect(wire, fixture.identities.get(1)))
        .isInstanceOf(MemberInspection.Outcome.Clean.class);
    assertThat(reads[0])
        .isEqualTo(Math.ceilDiv(fixture.layout.headerPages(), HeaderMedium.ROUND_PAGES));
  }

  @Test
  void memberWithoutAHeader_isEmpty() {
    fixture.group.die();
    fixture.devices[1].empty();
    assertThat(inspect(1)).isInstanceOf(MemberInspection.Outcome.Empty.class);
  }

  @Test
  void memberOfAnotherGroup_isRefused() {
    var other = new MemberIdentity(new UUID(7, 8), 0, fixture.identities.get(1).member());
    assertThat(inspect(fixture.wire(1), other))
        .isInstanceOfSatisfying(
            MemberInspection.Outcome.Refused.class,
            refused -> assertThat(refused.reason()).contains("the medium is of"));
  }

  @Test
  void memberThatIsTooSmall_isRefused() {
    var small = new CrashDevice(new BlockGeometry(IntentFixture.BLOCK, 64));
    assertThat(
            inspect(new CrashWire(small, new java.util.Random(1)), fixture.identities.getFirst()))
        .isInstanceOfSatisfying(
            MemberInspection.Outcome.Refused.class,
            refused -> assertThat(refused.reason()).contains("its group needs"));
  }

  private MemberInspection.Outcome inspect(int member) {
    return inspect(fixture.wire(member), fixture.identities.get(member));
  }

  private MemberInspection.Outcome inspect(CrashWire wire, MemberIdentity identity) {
    var outcome = new MemberInspection.Outcome[1];
    MemberInspection.start(
        fixture.reactor, wire, fixture.layout, identity, found -> outcome[0] = found);
    fixture.until(() -> outcome[0] != null);
    return outcome[0];
  }
}
