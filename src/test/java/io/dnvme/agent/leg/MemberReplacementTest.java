package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.agent.leg.LegRig.Controller;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.FaultDevice.Fault;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.disk.format.DiskStore;
import io.dnvme.disk.format.SliceDevice;
import io.dnvme.disk.format.StoreOutcome;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.Member;
import io.dnvme.ownership.MemberState;
import io.dnvme.volume.intent.MemberFormat;
import io.dnvme.volume.intent.MemberIdentity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Disk nodes that come back with another disk. */
class MemberReplacementTest {

  private final LegRig rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK);
  private Controller owner;

  @AfterEach
  void close() {
    rig.close();
  }

  private Member third() {
    return owner.status().record().groups().getFirst().members().get(2);
  }

  private void serve() {
    owner = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
  }

  private void write(int value) {
    assertThat(rig.write(owner, 7, 3, value)).isEqualTo(BlockStatus.SUCCESS);
  }

  /** The third node comes back with a disk that is new and empty. */
  private DamagedDisk loseThirdDisk() {
    rig.node(3).stop();
    write(2);
    DamagedDisk before = rig.node(3).replaceDisk();
    rig.node(3).start();
    return before;
  }

  /** As the leg's first owner does, before it serves. */
  private void format(int node, UUID logicalDisk, Epoch epoch, LegPlan plan) {
    LegRecord record = plan.firstRecord(rig.newId(), List.of(new Holder(rig.newId(), "")));
    var identity = new MemberIdentity(record.leg(), 0, logicalDisk);
    DiskStore disk = rig.node(node).disk();
    List<MemberFormat.Outcome> outcomes = new ArrayList<>();
    rig.reactor.run(() ->
        disk.admit(
            logicalDisk,
            epoch,
            admitted ->
                disk.attach(
                    logicalDisk,
                    epoch,
                    () -> {},
                    attached ->
                        MemberFormat.start(
                            rig.reactor,
                            ((StoreOutcome.Done<SliceDevice>) attached).value(),
                            rig.options.layout(record, 0),
                            identity,
                            outcomes::add))));
    rig.until("it is formatted", () -> !outcomes.isEmpty());
    assertThat(outcomes).containsExactly(new MemberFormat.Outcome.Formatted());
  }

  private void replace(UUID logicalDisk, UUID disk) {
    owner.leave();
    rig.options = LegRig.OPTIONS.withReplacements(Map.of(logicalDisk, disk));
    serve();
  }

  @Test
  void emptyDisk_isNotUsedUntilPeopleSaySo_andTheyAreToldHow() {
    serve();
    write(1);
    loseThirdDisk();
    rig.pass(30 * LegRig.SECOND);
    UUID lost = third().logicalDisk();
    UUID disk = rig.node(3).diskId();
    assertThat(owner.said)
        .filteredOn(line -> line.contains("is missing"))
        .singleElement()
        .asString()
        .contains("member " + lost)
        .contains("disk %s of node n3 does not have it".formatted(disk))
        .contains("say replace { \"%s\" = \"%s\" }".formatted(lost, disk));
    assertThat(third().state()).isEqualTo(MemberState.ABSENT);
    assertThat(rig.node(3).disk().list()).isEmpty();
  }

  @Test
  void emptyDisk_takesTheLostOnesPlace_andIsRebuiltInFull() {
    serve();
    write(1);
    loseThirdDisk();
    UUID lost = third().logicalDisk();
    replace(lost, rig.node(3).diskId());
    write(3);
    rig.until("it is whole", owner::isWhole);
    assertThat(third().logicalDisk()).isNotEqualTo(lost);
    assertThat(third().diskNode()).isEqualTo(rig.node(3).id());
    assertThat(owner.hasSaid("is being rebuilt: %d of".formatted(LegRig.REGIONS))).isTrue();
    assertThat(rig.node(3).medium().blocksOf(3)).hasSize(3);
    assertThat(rig.node(3).disk().list())
        .singleElement()
        .satisfies(made -> assertThat(made.id()).isEqualTo(third().logicalDisk()));
    // Its store keeps the record by now, and it alone is enough for the leg's data.
    rig.pass(600 * LegRig.SECOND);
    rig.node(1).stop();
    write(4);
    rig.until("one is out", () -> owner.group(0).inSync() == 0b110);
    assertThat(rig.read(owner, 8)).isEqualTo(4);
  }

  @Test
  void diskThatWasTakenForDead_isNeverTakenForInSync_whenItComesBack() {
    serve();
    write(1);
    DamagedDisk before = loseThirdDisk();
    replace(third().logicalDisk(), rig.node(3).diskId());
    rig.until("it is whole", owner::isWhole);
    write(3);
    owner.leave();
    rig.node(3).stop();
    rig.node(3).attach(before);
    rig.node(3).start();
    serve();
    rig.pass(10 * LegRig.SECOND);
    assertThat(owner.isWhole()).isFalse();
    assertThat(third().state()).isEqualTo(MemberState.ABSENT);
    assertThat(owner.hasSaid("is missing")).isTrue();
    for (int i = 0; i < 6; i++) {
      assertThat(rig.read(owner, 7 + i % 3)).isEqualTo(3);
    }
  }

  @Test
  void word_isForTheDiskThatItNames_andForNoLaterAccident() {
    serve();
    write(1);
    loseThirdDisk();
    UUID lost = third().logicalDisk();
    replace(lost, rig.node(3).diskId());
    rig.until("it is whole", owner::isWhole);
    UUID replacement = third().logicalDisk();
    loseThirdDisk();
    owner.leave();
    serve();
    rig.pass(10 * LegRig.SECOND);
    assertThat(third().logicalDisk()).isEqualTo(replacement);
    assertThat(third().state()).isEqualTo(MemberState.ABSENT);
    assertThat(rig.node(3).disk().list()).isEmpty();
    replace(replacement, UUID.randomUUID());
    rig.pass(10 * LegRig.SECOND);
    assertThat(third().logicalDisk()).isEqualTo(replacement);
    assertThat(owner.hasSaid("and replace names ")).isTrue();
  }

  @Test
  void memberThatWasBeingRebuilt_isReplacedToo() {
    serve();
    write(1);
    rig.node(3).stop();
    for (int block = 0; block < LegRig.GROUP_BLOCKS; block += LegRig.REGION_BLOCKS) {
      assertThat(rig.write(owner, block, 1, 2)).isEqualTo(BlockStatus.SUCCESS);
    }
    owner.leave();
    rig.options = LegRig.rebuildAt(1 << 16);
    serve();
    rig.node(3).start();
    rig.until("it is rebuilding", () -> third().state() == MemberState.REBUILDING);
    owner.cut();
    rig.node(3).stop();
    rig.node(3).replaceDisk();
    rig.node(3).start();
    UUID lost = third().logicalDisk();
    rig.options = LegRig.OPTIONS.withReplacements(Map.of(lost, rig.node(3).diskId()));
    serve();
    rig.until("it is whole", owner::isWhole);
    assertThat(third().logicalDisk()).isNotEqualTo(lost);
  }

  @Test
  void memberThatWasNeverUsed_isMadeByItself_andItsFirstDiskIsNotTakenForInSync_whenItComesBack() {
    // Its header cannot be written when the leg is made; a later owner writes it, and is gone
    // before
    // the record says so.
    List<List<UUID>> groups = List.of(rig.ids(1, 2, 3));
    rig.allocate(3, rig.plan(groups), 2, rig.ids(1, 2, 3));
    rig.node(3)
        .faults
        .inject(new Fault.Fail(BlockStatus.WRITE_FAULT))
        .on(BlockOp.WRITE)
        .at(512, 8192);
    serve();
    write(1);
    UUID first = third().logicalDisk();
    Epoch epoch = owner.status().record().epoch();
    rig.node(3).stop();
    owner.leave();
    rig.node(3).start();
    format(3, first, epoch, rig.plan(groups));
    rig.node(3).stop();
    DamagedDisk before = rig.node(3).replaceDisk();
    serve();
    assertThat(LegPlan.isNeverUsed(third())).isTrue();
    rig.node(3).start();
    rig.until("it is whole", owner::isWhole);
    write(2);
    assertThat(third().logicalDisk()).isNotEqualTo(first);
    comesBackWith(before);
  }

  @Test
  void diskThatMemoryStoodInFor_isNotTakenForInSync_whenItComesBack() {
    serve();
    write(1);
    rig.node(3).stop();
    write(2);
    DamagedDisk before = rig.node(3).replaceDisk();
    rig.node(3).become(Kind.MEMORY);
    rig.node(3).start();
    rig.until("it is whole", owner::isWhole);
    write(3);
    rig.node(3).become(Kind.DISK);
    comesBackWith(before);
  }

  /** An earlier disk, at a moment when all are in-sync. What was written since is read. */
  private void comesBackWith(DamagedDisk before) {
    owner.leave();
    rig.node(3).stop();
    rig.node(3).attach(before);
    rig.node(3).start();
    serve();
    rig.pass(10 * LegRig.SECOND);
    assertThat(third().state()).isEqualTo(MemberState.ABSENT);
    write(5);
    for (int i = 0; i < 6; i++) {
      assertThat(rig.read(owner, 7 + i % 3)).isEqualTo(5);
    }
  }

  @Test
  void diskWithoutRoom_isRefused_andNothingIsChanged() {
    serve();
    write(1);
    loseThirdDisk();
    UUID lost = third().logicalDisk();
    rig.occupy(3);
    replace(lost, rig.node(3).diskId());
    rig.until("it is refused", () -> owner.hasSaid("cannot be made anew"));
    assertThat(owner.said)
        .anySatisfy(line -> assertThat(line).contains("bytes free, and").contains("are needed"));
    assertThat(third().logicalDisk()).isEqualTo(lost);
    assertThat(owner.isServing()).isTrue();
  }
}
