package io.dnvme.agent.leg;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.NodeNames;
import io.dnvme.agent.disknode.DiskNodeAgent.Kind;
import io.dnvme.agent.leg.MemberLink.Opened;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.FaultDevice;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.initiator.ControllerListener;
import io.dnvme.initiator.ControllerOptions;
import io.dnvme.initiator.HostController;
import io.dnvme.initiator.HostIdentity;
import io.dnvme.initiator.LossPolicy;
import io.dnvme.initiator.QueueOptions;
import io.dnvme.initiator.ReconnectOptions;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One association with one logical disk, from its admission to its end (OWNER, MEMBER, INTENT). */
class MemberLinkTest {

  private static final UUID LOGICAL_DISK = new UUID(9, 1);
  private static final UUID LEG = new UUID(9, 2);
  private static final long BYTES = 4L << 20;

  private final LegRig rig = new LegRig(Kind.DISK, Kind.MEMORY);
  private final LegRig.Process process = rig.new Process(1);
  private final LegRig.Process rival = rig.new Process(2);
  private final List<DiskNodeLink> nodes = process.links();
  private final List<DiskNodeLink> nodesOfRival = rival.links();
  private final List<Opened> told = new ArrayList<>();
  private final List<String> losses = new ArrayList<>();

  MemberLinkTest() {
    connected(nodes);
    connected(nodesOfRival);
  }

  private void connected(List<DiskNodeLink> links) {
    rig.until("the nodes are connected", () -> links.stream().allMatch(DiskNodeLink::isLive));
  }

  @AfterEach
  void close() {
    process.cut();
    rival.cut();
    rig.close();
  }

  private void allocate(int node) {
    List<NodeOutcome<DiskReply>> outcomes = new ArrayList<>();
    DiskNodeLink link = nodes.get(node - 1);
    rig.reactor.run(() ->
        link.client()
            .ask(
                DiskRequest.allocate(LOGICAL_DISK, LEG, BYTES), 10 * LegRig.SECOND, outcomes::add));
    rig.until("it is allocated", () -> !outcomes.isEmpty());
    assertThat(outcomes.getFirst())
        .isInstanceOfSatisfying(
            NodeOutcome.Replied.class,
            replied ->
                assertThat(((DiskReply) replied.reply()).result()).isEqualTo(EntryResult.DONE));
  }

  private static Epoch epoch(long number, LegRig.Process of) {
    return new Epoch(number, of.incarnation());
  }

  private MemberLink link(Epoch epoch, LegRig.Process by, DiskNodeLink node, List<Opened> to) {
    return new MemberLink(LOGICAL_DISK, epoch, node, by::open, to::add);
  }

  private MemberLink open(long epoch, int node) {
    MemberLink link = link(epoch(epoch, process), process, nodes.get(node - 1), told);
    rig.reactor.run(() -> {
      link.open();
      link.whenLost(losses::add);
    });
    rig.until("it is told", () -> !told.isEmpty());
    return link;
  }

  private BlockStatus write(MemberLink link) {
    List<BlockStatus> outcomes = submitWrite(link);
    rig.until("it is over", () -> !outcomes.isEmpty());
    return outcomes.getFirst();
  }

  private List<BlockStatus> submitWrite(MemberLink link) {
    List<BlockStatus> outcomes = new ArrayList<>();
    rig.reactor.run(() -> {
      BlockIo io = new BlockIo(rig.reactor).prepare(BlockOp.WRITE_ZEROES, 0, 1);
      io.onCompletion(over -> outcomes.add(over.status()), null);
      link.device().submit(io);
    });
    return outcomes;
  }

  @Test
  void admittedDisk_isLive_withThePowerThatItHadThen() {
    allocate(1);
    MemberLink link = open(1, 1);
    assertThat(told).containsExactly(new Opened.Live());
    assertThat(link.isLive()).isTrue();
    assertThat(link.powerIncarnation()).isEqualTo(nodes.getFirst().identity().powerIncarnation());
    assertThat(write(link)).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void higherEpoch_endsTheAssociation_andTheLowerOneIsToldOfIt() {
    allocate(1);
    MemberLink link = open(1, 1);
    List<Opened> toldRival = new ArrayList<>();
    Epoch higher = epoch(2, rival);
    MemberLink other = link(higher, rival, nodesOfRival.getFirst(), toldRival);
    rig.reactor.run(other::open);
    rig.until("the rival is in", () -> !toldRival.isEmpty());
    assertThat(toldRival).containsExactly(new Opened.Live());
    assertThat(losses).hasSize(1);
    assertThat(link.isLive()).isFalse();
    told.clear();
    open(1, 1);
    assertThat(told).containsExactly(new Opened.HigherEpoch(higher));
    assertThat(write(other)).isEqualTo(BlockStatus.SUCCESS);
  }

  /** Whether a host of that incarnation gets an association with what was admitted so. */
  private boolean isLetIn(LegRig.Process by, Epoch admitted) {
    List<String> ends = new ArrayList<>();
    var live = new boolean[1];
    var listener =
        new ControllerListener() {
          @Override
          public void live(HostController now) {
            live[0] = true;
          }

          @Override
          public void lost(HostController now, String reason) {}

          @Override
          public void closed(HostController now, String reason) {
            ends.add(reason);
          }
        };
    by.open(
        new ControllerOptions(
            RigNetwork.address(1),
            NodeNames.logicalDisk(LOGICAL_DISK, admitted),
            HostIdentity.of(by.incarnation()),
            1000,
            QueueOptions.of(1),
            new ReconnectOptions(1_000_000, 1_000_000, 0, false, LossPolicy.FAIL)),
        listener);
    rig.until("it is decided", () -> live[0] || !ends.isEmpty());
    return live[0];
  }

  @Test
  void hostOfAnotherIncarnation_isNotLetIn_andTheOwnerGoesOn() {
    allocate(1);
    MemberLink link = open(1, 1);
    assertThat(isLetIn(rival, epoch(1, process))).isFalse();
    assertThat(losses).isEmpty();
    assertThat(write(link)).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void deposedOwner_isNotLetIn_underTheNameOfItsEpoch() {
    allocate(1);
    open(1, 1);
    List<Opened> toldRival = new ArrayList<>();
    MemberLink other = link(epoch(2, rival), rival, nodesOfRival.getFirst(), toldRival);
    rig.reactor.run(other::open);
    rig.until("the rival is in", () -> !toldRival.isEmpty());
    assertThat(isLetIn(process, epoch(1, process))).isFalse();
    assertThat(isLetIn(process, epoch(2, rival))).isFalse();
    assertThat(write(other)).isEqualTo(BlockStatus.SUCCESS);
  }

  /** The old owner stops waiting at once, and the new one waits for what the disk still has. */
  @Test
  void deposedOwner_isCutBeforeItsCommandsEnd_andTheHigherEpochIsAdmittedAfterThem() {
    allocate(1);
    MemberLink link = open(1, 1);
    FaultDevice disk = rig.node(1).faults;
    disk.inject(new FaultDevice.Fault.Hold()).on(BlockOp.WRITE_ZEROES).times(1);
    List<BlockStatus> outcomes = submitWrite(link);
    List<Opened> toldRival = new ArrayList<>();
    MemberLink other = link(epoch(2, rival), rival, nodesOfRival.getFirst(), toldRival);
    rig.reactor.run(other::open);
    rig.until("the old one is cut", () -> !losses.isEmpty());
    rig.pass(LegRig.SECOND);
    assertThat(outcomes).containsExactly(BlockStatus.PATH_LOST);
    assertThat(toldRival).isEmpty();
    rig.reactor.run(disk::release);
    rig.until("the rival is in", () -> !toldRival.isEmpty());
    assertThat(toldRival).containsExactly(new Opened.Live());
  }

  @Test
  void secondAssociationOfTheEpoch_endsTheFirst() {
    allocate(1);
    MemberLink first = open(1, 1);
    told.clear();
    MemberLink second = open(1, 1);
    assertThat(told).containsExactly(new Opened.Live());
    assertThat(first.isLive()).isFalse();
    assertThat(losses).hasSize(1);
    assertThat(write(second)).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void unknownDisk_isMissing_andAMemoryDiskForgets() {
    assertThat(open(1, 1).forgets()).isFalse();
    assertThat(told).containsExactly(new Opened.Missing());
    told.clear();
    assertThat(open(1, 2).forgets()).isTrue();
    assertThat(told).containsExactly(new Opened.Missing());
  }

  @Test
  void nodeThatIsDown_isToldAtOnce() {
    rig.node(1).stop();
    open(1, 1);
    assertThat(told).singleElement().isInstanceOf(Opened.Unreachable.class);
  }

  @Test
  void nodeThatDiesDuringTheAdmission_isToldOnce() {
    allocate(1);
    MemberLink link = link(epoch(1, process), process, nodes.getFirst(), told);
    rig.reactor.run(() -> {
      link.open();
      rig.network.close(1);
    });
    rig.until("it is told", () -> !told.isEmpty());
    rig.pass(10 * LegRig.SECOND);
    assertThat(told).singleElement().isInstanceOf(Opened.Unreachable.class);
  }

  @Test
  void lostAssociation_isToldOnce_andIsNotMadeAgain() {
    allocate(1);
    MemberLink link = open(1, 1);
    rig.node(1).stop();
    rig.until("it is lost", () -> !losses.isEmpty());
    rig.node(1).start();
    connected(nodes);
    rig.pass(10 * LegRig.SECOND);
    assertThat(losses).hasSize(1);
    assertThat(link.isLive()).isFalse();
    assertThat(write(link)).isEqualTo(BlockStatus.PATH_LOST);
  }

  @Test
  void closedLink_tellsNobody_andItsCommandsGetALostPath() {
    allocate(1);
    MemberLink link = open(1, 1);
    rig.reactor.run(link::close);
    assertThat(write(link)).isEqualTo(BlockStatus.PATH_LOST);
    rig.pass(10 * LegRig.SECOND);
    assertThat(losses).isEmpty();
    assertThat(link.isLive()).isFalse();
  }

  @Test
  void linkThatIsGivenUp_beforeItIsLive_isToldSoOnce() {
    allocate(1);
    MemberLink link = link(epoch(1, process), process, nodes.getFirst(), told);
    rig.reactor.run(() -> {
      link.open();
      link.close();
    });
    rig.pass(10 * LegRig.SECOND);
    assertThat(told).containsExactly(new Opened.Unreachable("it was given up"));
    assertThat(link.isLive()).isFalse();
  }

  /** It offers the epoch again, and what it had not flushed is gone. */
  @Test
  void nodeThatLostItsPower_betweenAdmissionAndAssociation_isNotUsed() {
    allocate(1);
    List<HostController> made = new ArrayList<>();
    var link =
        new MemberLink(
            LOGICAL_DISK,
            epoch(1, process),
            nodes.getFirst(),
            (options, listener) -> {
              made.add(process.make(options, listener));
              return made.getFirst();
            },
            told::add);
    rig.reactor.run(link::open);
    rig.until("it is admitted", () -> !made.isEmpty());
    rig.node(1).stop();
    rig.node(1).losePower();
    rig.node(1).start();
    connected(nodes);
    rig.reactor.run(made.getFirst()::start);
    rig.until("it is told", () -> !told.isEmpty());
    assertThat(told)
        .singleElement()
        .asInstanceOf(InstanceOfAssertFactories.type(Opened.Unreachable.class))
        .satisfies(outcome -> assertThat(outcome.why()).contains("lost its power"));
    assertThat(link.isLive()).isFalse();
  }
}
