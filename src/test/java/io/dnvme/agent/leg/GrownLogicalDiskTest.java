package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.NodeNames;
import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.agent.record.RecordMessages;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.initiator.ControllerListener;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.HostIdentity;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.RemoteNamespace;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.nvme.vendor.WireEpoch;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a logical disk has grown by is there for its owner, who stays connected. */
class GrownLogicalDiskTest {

  private static final UUID LOGICAL_DISK = new UUID(9, 9);

  /** About what it takes to connect. */
  private static final long CONNECT_NANOS = 2 * LegRig.MILLI;

  private static final long EXTENT_BLOCKS = LegRig.EXTENT_BYTES / LegRig.BLOCK;

  private final LegRig rig = new LegRig(Kind.DISK);
  private final LegRig.Process owner = rig.new Process(50);
  private final Epoch epoch = new Epoch(1, owner.incarnation());
  private final List<String> told = new ArrayList<>();
  private DiskNodeLink link;

  @BeforeEach
  void admit() {
    link = owner.links().getFirst();
    rig.until("the node is connected", link::isLive);
    WireEpoch wire = RecordMessages.wire(epoch);
    ask(DiskRequest.allocate(LOGICAL_DISK, new UUID(9, 8), LegRig.EXTENT_BYTES));
    ask(DiskRequest.admit(LOGICAL_DISK, wire));
  }

  @AfterEach
  void close() {
    rig.close();
  }

  private void grow(int extents) {
    ask(DiskRequest.grow(LOGICAL_DISK, RecordMessages.wire(epoch), extents * LegRig.EXTENT_BYTES));
  }

  private void ask(DiskRequest request) {
    var replies = new ArrayList<NodeOutcome<DiskReply>>();
    rig.reactor.run(() -> link.client().ask(request, 5 * LegRig.SECOND, replies::add));
    rig.until("it is answered", () -> !replies.isEmpty());
    assertThat(replies.getFirst()).isInstanceOf(NodeOutcome.Replied.class);
    var replied = (NodeOutcome.Replied<DiskReply>) replies.getFirst();
    assertThat(replied.reply().result()).isEqualTo(EntryResult.DONE);
  }

  private HostController connect() {
    HostController controller = open();
    rig.until("its namespace is there", () -> controller.namespace(1) != null);
    return controller;
  }

  private HostController open() {
    return owner.open(
        new ControllerOptions(
            link.address(),
            NodeNames.logicalDisk(LOGICAL_DISK, epoch),
            HostIdentity.of(epoch.incarnation()),
            1000,
            QueueOptions.of(1),
            ReconnectOptions.DEFAULT),
        new ControllerListener() {
          @Override
          public void live(HostController now) {
            told.add("live");
          }

          @Override
          public void lost(HostController now, String reason) {
            told.add("lost");
          }

          @Override
          public void closed(HostController now, String reason) {
            told.add("closed");
          }

          @Override
          public void namespacesChanged(HostController now) {
            told.add("changed");
          }
        });
  }

  private BlockStatus write(RemoteNamespace namespace, long block) {
    var statuses = new ArrayList<BlockStatus>();
    rig.reactor.run(() -> {
      BlockIo io = new BlockIo(rig.reactor).prepare(BlockOp.WRITE, block, 1);
      io.data().add(Arena.ofAuto().allocate(LegRig.BLOCK), 0, LegRig.BLOCK);
      namespace.submit(io.onCompletion(done -> statuses.add(done.status()), null));
    });
    rig.until("it is written", () -> !statuses.isEmpty());
    return statuses.getFirst();
  }

  @Test
  void connectedOwner_seesTheNewSizeAndUsesIt_withoutConnectingAnew() {
    RemoteNamespace namespace = connect().namespace(1);
    assertThat(namespace.geometry().blockCount()).isEqualTo(EXTENT_BLOCKS);
    for (int extents = 2; extents <= 4; extents++) {
      long blocks = extents * EXTENT_BLOCKS;
      assertThat(write(namespace, blocks - 1)).isEqualTo(BlockStatus.OUT_OF_RANGE);
      grow(extents);
      rig.until("the event", () -> namespace.geometry().blockCount() == blocks);
      assertThat(write(namespace, blocks - 1)).isEqualTo(BlockStatus.SUCCESS);
    }
    assertThat(told).containsExactly("live", "changed", "changed", "changed");
  }

  @Test
  void newAssociationAtTheSameEpoch_hasTheNewSize() {
    HostController first = connect();
    grow(2);
    RemoteNamespace namespace = connect().namespace(1);
    assertThat(namespace.geometry().blockCount()).isEqualTo(2 * EXTENT_BLOCKS);
    assertThat(write(namespace, 2 * EXTENT_BLOCKS - 1)).isEqualTo(BlockStatus.SUCCESS);
    rig.reactor.run(first::abandon);
  }

  /** At whatever moment of coming up: what it was told last is what is so. */
  @Test
  void grownWhileItsOwnerConnects_isSeenAsLargeAsItIs() {
    for (int extents = 2; extents <= 9; extents++) {
      var before = told.size();
      HostController controller = open();
      rig.pass(extents * CONNECT_NANOS / 9);
      grow(extents);
      rig.until("it is connected", () -> told.subList(before, told.size()).contains("live"));
      rig.pass(LegRig.SECOND / 10);
      assertThat(controller.namespace(1).geometry().blockCount())
          .isEqualTo(extents * EXTENT_BLOCKS);
      rig.reactor.run(controller::abandon);
    }
  }
}
