package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.agent.leg.LegRig.Controller;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.FaultDevice.Fault;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.nvme.vendor.WireEpoch;
import io.dnvme.ownership.Member;
import io.dnvme.ownership.MemberState;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A disk node whose disk failed a flush, and so cannot be trusted, while the node goes on. */
class FailedDiskTest {

  private final LegRig rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK);
  private Controller owner = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));

  @AfterEach
  void close() {
    rig.close();
  }

  private Member third() {
    return owner.status().record().groups().getFirst().members().get(2);
  }

  private void write(int value) {
    assertThat(rig.write(owner, 7, 3, value)).isEqualTo(BlockStatus.SUCCESS);
  }

  /** Its next flush fails, and none after it: what was lost, the kernel tells once. */
  private void failFlush(int node) {
    rig.node(node)
        .faults
        .inject(new Fault.Fail(BlockStatus.WRITE_FAULT))
        .on(BlockOp.FLUSH)
        .times(1);
  }

  private EntryResult ask(int node, DiskRequest request) {
    LegRig.Process asker = rig.new Process(50);
    DiskNodeLink link = asker.links().get(node - 1);
    rig.until("it is connected", link::isLive);
    List<NodeOutcome<DiskReply>> outcomes = new ArrayList<>();
    rig.reactor.run(() -> link.client().ask(request, 10 * LegRig.SECOND, outcomes::add));
    rig.until("it is answered", () -> !outcomes.isEmpty());
    asker.cut();
    return ((NodeOutcome.Replied<DiskReply>) outcomes.getFirst()).reply().result();
  }

  @Test
  void failedFlush_takesTheMemberOut_andNobodyUsesTheDiskUntilItsNodeIsStartedAgain() {
    write(1);
    failFlush(3);
    assertThat(rig.flush(owner)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(third().state()).isEqualTo(MemberState.ABSENT);
    write(2);
    rig.pass(100 * LegRig.SECOND);
    assertThat(third().state()).isEqualTo(MemberState.ABSENT);
    assertThat(owner.isServing()).isTrue();
    assertThat(rig.node(3).disk().failure()).isPresent();
    // Its node tells everybody else the same.
    UUID disk = third().logicalDisk();
    WireEpoch high = new WireEpoch(1000, new UUID(8, 8));
    assertThat(ask(3, DiskRequest.admit(disk, high))).isEqualTo(EntryResult.FAILED);
    assertThat(ask(3, DiskRequest.allocate(new UUID(8, 1), new UUID(8, 2), 1)))
        .isEqualTo(EntryResult.FAILED);
    assertThat(ask(3, DiskRequest.grow(disk, WireEpoch.NONE, 100 << 20)))
        .isEqualTo(EntryResult.FAILED);
    assertThat(ask(3, DiskRequest.usage())).isEqualTo(EntryResult.DONE);
    rig.node(3).stop();
    rig.node(3).start();
    rig.until("it is whole", owner::isWhole);
    assertThat(rig.node(3).medium().blocksOf(2)).hasSize(3);
  }

  @Test
  void claimWhileADiskHasFailed_doesWithoutIt() {
    write(1);
    failFlush(3);
    assertThat(rig.flush(owner)).isEqualTo(BlockStatus.SUCCESS);
    owner.leave();
    owner = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    write(2);
    assertThat(rig.read(owner, 8)).isEqualTo(2);
    assertThat(third().state()).isEqualTo(MemberState.ABSENT);
  }

  @Test
  void claimThatFindsAnInSyncMembersDiskFailed_removesIt() {
    write(1);
    owner.leave();
    failFlush(3);
    assertThat(ask(3, DiskRequest.allocate(new UUID(8, 1), new UUID(8, 2), 1)))
        .isEqualTo(EntryResult.FAILED);
    owner = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    assertThat(third().state()).isEqualTo(MemberState.ABSENT);
    write(2);
  }

  @Test
  void disksThatAllFail_areNotServedFrom_untilTheirNodesAreStartedAgain() {
    write(1);
    for (int node = 1; node <= 3; node++) {
      failFlush(node);
    }
    assertThat(rig.flush(owner)).isNotEqualTo(BlockStatus.SUCCESS);
    rig.until("it stands by", () -> !owner.isServing());
    rig.pass(30 * LegRig.SECOND);
    assertThat(owner.isServing()).isFalse();
    for (int node = 1; node <= 3; node++) {
      rig.node(node).stop();
      rig.node(node).start();
    }
    rig.until("it is whole", owner::isWhole);
    assertThat(rig.read(owner, 8)).isEqualTo(1);
  }
}
