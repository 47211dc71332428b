package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.agent.leg.LegRig.Controller;
import io.dnvme.block.BlockStatus;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.ownership.Group;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.HolderReply;
import io.dnvme.ownership.HolderRequest;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.Member;
import io.dnvme.ownership.MemberState;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a claim makes of the members of the very record that it claims (OWNER). */
class LegAdmissionsTest {

  private final LegRig rig = new LegRig(Kind.DISK, Kind.DISK, Kind.DISK, Kind.DISK);

  @AfterEach
  void close() {
    rig.close();
  }

  /** As another owner would: a controller that claims the leg, changes its record and is gone. */
  private void accepted(LegRecord record) {
    LegRig.Process owner = rig.new Process(9);
    List<DiskNodeLink> links = owner.links();
    rig.until("connected", () -> links.stream().allMatch(DiskNodeLink::isLive));
    List<HolderRequest> change =
        List.of(
            HolderRequest.Promise.of(record.leg(), record.epoch()),
            new HolderRequest.Accept(record),
            new HolderRequest.Release(record.leg(), record.epoch()));
    var link = new NodeHolderLink(links);
    List<HolderReply> replies = new ArrayList<>();
    rig.reactor.run(() -> {
      for (Holder holder : record.holders()) {
        link.send(holder.store(), change, replies::addAll);
      }
    });
    rig.until("they have it", () -> replies.size() == 3 * record.holders().size());
    assertThat(replies).noneMatch(HolderReply.Refused.class::isInstance);
    owner.cut();
  }

  @Test
  void memberThatAnotherOwnerAdded_isLaidOutByTheRecordThatIsClaimed() {
    Controller one = rig.serving(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    Controller two = rig.controller(rig.ids(1, 2, 3), List.of(rig.ids(1, 2, 3)));
    rig.until("it is found", () -> two.found != null);
    LegRecord before = one.status().record();
    // Neither asks for the leg while it is changed.
    one.leave();
    two.leg().standBy();
    List<Group> groups = new ArrayList<>(before.groups());
    UUID power = LegPlan.neverUsedOn(rig.node(4).diskId());
    var added = new Member(rig.newId(), rig.node(4).id(), "", MemberState.IN_SYNC, power);
    groups.add(new Group(2 * LegRig.GROUP_BYTES, List.of(added)));
    Epoch epoch = new Epoch(before.epoch().number() + 10, rig.newId());
    accepted(before.claimedBy(epoch, rig.newId()).withGroups(groups));
    rig.until("it serves", two::isServing);
    long border = LegRig.GROUP_BLOCKS;
    assertThat(two.device.geometry().blockCount()).isEqualTo(3 * border);
    assertThat(rig.write(two, border - 1, 2, 7)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rig.write(two, 3 * border - 1, 1, 8)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(rig.read(two, border)).isEqualTo(7);
    assertThat(rig.node(4).disk().list()).hasSize(1);
  }
}
