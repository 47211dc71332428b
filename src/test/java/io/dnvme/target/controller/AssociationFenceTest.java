package io.dnvme.target.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.nvme.ConnectCommand;
import io.dnvme.nvme.ConnectData;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import io.dnvme.target.ana.AnaGroups;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.queue.TransportLimits;
import io.dnvme.target.subsystem.ConnectGate;
import io.dnvme.target.subsystem.HostAccess;
import io.dnvme.target.subsystem.Subsystem;
import io.dnvme.target.subsystem.SubsystemIdentity;
import io.dnvme.target.subsystem.SubsystemLimits;
import io.dnvme.target.subsystem.VendorCommands;
import io.dnvme.target.subsystem.VendorRequest;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Gates that decide late, and the fence that lets one association in at a time. */
class AssociationFenceTest {

  private static final String NQN = "nqn.2026-01.io.dnvme:ldisk:one";
  private static final int STUCK = 0xc0;

  private final TestTarget target = new TestTarget();
  private final List<ConnectGate.Attempt> attempts = new ArrayList<>();
  private final List<VendorRequest> stuck = new ArrayList<>();
  private Subsystem subsystem;

  @AfterEach
  void close() {
    target.reactor.run(() -> {
      stuck.forEach(request -> request.complete(new byte[0]));
      attempts.forEach(attempt -> attempt.refuse(StatusCode.CONNECT_CONTROLLER_BUSY.status()));
    });
    target.close();
  }

  /** A command that never ends by itself: something in flight. */
  private final VendorCommands stuckCommand =
      new VendorCommands() {
        @Override
        public List<Command> commands() {
          return List.of(new Command(STUCK, 0, 0, false));
        }

        @Override
        public void execute(VendorRequest request) {
          stuck.add(request);
        }
      };

  private void serve(ConnectGate gate) {
    subsystem =
        new Subsystem(
            new SubsystemIdentity(NQN, "LD", "1.0"),
            new SubsystemLimits(1, 100, 80, 4),
            new AnaGroups(target.reactor, 1, AnaState.OPTIMIZED),
            HostAccess.ANY,
            stuckCommand,
            gate);
    target.subsystems.add(subsystem);
  }

  private AssociationFence fence() {
    var fence =
        new AssociationFence(
            target.reactor, target.target, controller -> controller.subsystemNqn().equals(NQN));
    serve(fence);
    return fence;
  }

  private TestHost host(int number) {
    UUID id = new UUID(0x0b1c_2d3e_0000_4000L, 0x8000_0000_0000_0000L | number);
    return new TestHost(target, NQN, "nqn.2014-08.org.nvmexpress:uuid:" + id, id);
  }

  /** Sends the Connect of an admin queue; the command's identifier. */
  private int connect(TestQueue queue) {
    byte[] data = new byte[ConnectData.SIZE];
    new ConnectData()
        .wrap(MemorySegment.ofArray(data), 0)
        .hostid(TestHost.ID)
        .cntlid(ConnectData.CNTLID_DYNAMIC)
        .subnqn(NQN)
        .hostnqn(TestHost.NQN);
    int cid =
        queue.submitInCapsule(
            data,
            sqe ->
                new ConnectCommand()
                    .wrap(sqe.segment(), sqe.offset())
                    .start(0)
                    .sglInCapsule(ConnectData.SIZE)
                    .qid(0)
                    .sqsize(31));
    queue.settle();
    return cid;
  }

  private ConnectGate.Attempt decide() {
    return attempts.removeFirst();
  }

  @Test
  void lateDecision_letsIn_orSendsAway() {
    serve(attempts::add);
    TestQueue queue = target.connection().initialize();
    int cid = connect(queue);
    assertThat(queue.hasReply(cid)).isFalse();
    assertThat(attempts.getFirst().hostNqn()).isEqualTo(TestHost.NQN);
    assertThat(attempts.getFirst().hostId()).isEqualTo(TestHost.ID);
    assertThat(attempts.getFirst().subsystemNqn()).isEqualTo(NQN);
    var settled = new ArrayList<String>();
    ConnectGate.Attempt attempt = decide();
    target.reactor.run(() -> attempt.admit(() -> settled.add("settled")));
    assertThat(queue.reply(cid).status()).isZero();
    assertThat(settled).hasSize(1);
    assertThat(target.target.controllers().count()).isOne();
    assertThatThrownBy(() -> attempt.refuse(1)).isInstanceOf(IllegalStateException.class);

    TestQueue other = target.connection().initialize();
    int refused = connect(other);
    ConnectGate.Attempt second = decide();
    target.reactor.run(() -> second.refuse(StatusCode.CONNECT_INVALID_HOST.dnr()));
    assertThat(other.reply(refused).outcome()).isEqualTo(StatusCode.CONNECT_INVALID_HOST.dnr());
    assertThat(target.target.controllers().count()).isOne();
  }

  @Test
  void hostThatLeftMeanwhile_getsNoAssociation() {
    serve(attempts::add);
    TestQueue queue = target.connection().initialize();
    connect(queue);
    queue.hangUp();
    var settled = new ArrayList<String>();
    ConnectGate.Attempt attempt = decide();
    target.reactor.run(() -> attempt.admit(() -> settled.add("settled")));
    assertThat(settled).hasSize(1);
    assertThat(target.target.controllers().count()).isZero();
  }

  @Test
  void whatChangedMeanwhile_isLookedAtAgain() {
    serve(attempts::add);
    TestQueue queue = target.connection().initialize();
    int cid = connect(queue);
    target.subsystems.remove(NQN);
    ConnectGate.Attempt attempt = decide();
    target.reactor.run(() -> attempt.admit(() -> {}));
    assertThat(queue.reply(cid).outcome())
        .isEqualTo(StatusCode.CONNECT_INVALID_PARAMETERS.status());
    serve(attempts::add);
    TestQueue other = target.connection().initialize();
    int late = connect(other);
    target.target.stop();
    ConnectGate.Attempt second = decide();
    target.reactor.run(() -> second.admit(() -> {}));
    assertThat(other.reply(late).outcome()).isEqualTo(StatusCode.CONNECT_CONTROLLER_BUSY.status());
    assertThat(target.target.controllers().count()).isZero();
  }

  @Test
  void decisionThatNeverComes_endsWithTheConnectsTimeLimit() {
    serve(attempts::add);
    TestQueue queue = target.connection().initialize();
    connect(queue);
    target.time.advance(TransportLimits.DEFAULT.initTimeoutNanos() + 1);
    queue.settle();
    assertThat(queue.isClosed()).isTrue();
  }

  @Test
  void secondAssociation_isLetInOnly_whenNothingOfTheFirstIsInFlight() {
    fence();
    TestHost first = host(1);
    first.bringUpAdmin();
    first.admin.submit(null, sqe -> sqe.start(STUCK, 0));
    first.admin.settle();
    assertThat(stuck).hasSize(1);

    TestQueue queue = target.connection().initialize();
    int cid = connect(queue);
    assertThat(first.admin.isClosed()).isTrue();
    assertThat(queue.hasReply(cid)).as("a command of the first is in flight").isFalse();
    target.reactor.run(() -> stuck.removeFirst().complete(new byte[0]));
    assertThat(queue.reply(cid).status()).isZero();
    assertThat(target.target.controllers().count()).isOne();
    assertThat(target.ends).containsExactly(EndReason.CUT);
  }

  @Test
  void cut_endsAllThereIs_alsoOfTheSameHost_andLaterOnesComeAfterIt() {
    AssociationFence fence = fence();
    TestHost host = host(1);
    host.bringUpAdmin();
    host.admin.submit(null, sqe -> sqe.start(STUCK, 0));
    host.admin.settle();
    var gone = new ArrayList<String>();
    fence.cut(() -> gone.add("gone"));
    target.reactor.settle();
    assertThat(host.admin.isClosed()).isTrue();
    assertThat(gone).isEmpty();
    TestQueue queue = target.connection().initialize();
    int cid = connect(queue);
    assertThat(queue.hasReply(cid)).isFalse();
    target.reactor.run(() -> stuck.removeFirst().complete(new byte[0]));
    target.reactor.settle();
    assertThat(gone).hasSize(1);
    assertThat(queue.reply(cid).status()).isZero();
    fence.cut(() -> gone.add("again"));
    queue.settle();
    assertThat(gone).containsExactly("gone", "again");
    assertThat(queue.isClosed()).isTrue();
  }

  @Test
  void othersAssociations_areLeftAlone() {
    fence();
    TestHost other = new TestHost(target);
    other.bringUp();
    host(1).bringUpAdmin();
    host(2).bringUpAdmin();
    assertThat(other.admin.isClosed()).isFalse();
    assertThat(other.read(0, 1).status()).isZero();
    assertThat(target.target.controllers().count()).isEqualTo(2);
  }

  @Test
  void manyConnectsAtOnce_leaveOneAssociation_andMoreThanTheLimitAreToldToComeAgain() {
    fence();
    TestHost first = host(1);
    first.bringUpAdmin();
    first.admin.submit(null, sqe -> sqe.start(STUCK, 0));
    first.admin.settle();
    var queues = new ArrayList<TestQueue>();
    var cids = new ArrayList<Integer>();
    for (int i = 0; i < AssociationFence.MAX_WAITING + 2; i++) {
      TestQueue queue = target.connection().initialize();
      queues.add(queue);
      cids.add(connect(queue));
    }
    // One is being served already, so many wait, and one found no place.
    assertThat(queues.getLast().reply(cids.getLast()).outcome())
        .isEqualTo(StatusCode.CONNECT_CONTROLLER_BUSY.status());
    assertThat(queues.get(queues.size() - 2).hasReply(cids.get(cids.size() - 2))).isFalse();
    target.reactor.run(() -> stuck.removeFirst().complete(new byte[0]));
    queues.forEach(TestQueue::settle);
    assertThat(target.target.controllers().count()).isOne();
    assertThat(queues.subList(0, queues.size() - 2)).allMatch(TestQueue::isClosed);
    assertThat(queues.get(queues.size() - 2).isClosed()).isFalse();
  }
}
