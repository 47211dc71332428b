package io.dnvme.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.ManualReactor;
import io.dnvme.block.VirtualTime;
import io.dnvme.nvme.AdminOpcode;
import io.dnvme.nvme.IdentifyCommand;
import io.dnvme.nvme.StatusCode;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Admin commands of those who use a controller: one outcome each, whatever happens. */
class CallerCommandsTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final int OPCODE = 0xc0;

  private final VirtualTime time = new VirtualTime();
  private final ManualReactor reactor = new ManualReactor(time, 0);
  private final FakeTarget target = new FakeTarget();
  private final List<AdminOutcome> outcomes = new ArrayList<>();
  private HostController controller;

  private void start(int queues) {
    controller =
        new HostController(
            new ControllerOptions(
                new InetSocketAddress("127.0.0.1", 4420),
                "nqn.2026-01.org.example:fake",
                HostIdentity.of(new UUID(3, 4)),
                4_000,
                QueueOptions.of(queues),
                ReconnectOptions.DEFAULT),
            reactor,
            List.of(reactor),
            target,
            new Random(1),
            new ControllerListener() {});
    reactor.run(controller::start);
    time.settle();
  }

  @AfterEach
  void nothingIsLeft() {
    reactor.run(controller::shutdown);
    time.advance(120 * SECOND);
    assertThat(controller.state()).isEqualTo(ControllerState.CLOSED);
    assertThat(target.openSessions()).isZero();
    assertThat(time.alarmsPending()).isZero();
    reactor.close();
  }

  private void hold() {
    target.refusals = (entry, qid) -> entry.opc() == OPCODE ? FakeTarget.HELD : null;
  }

  private void send(long timeoutNanos) {
    var request = new AdminRequest(OPCODE, entry -> {}, new byte[0], 0, timeoutNanos);
    reactor.run(() -> {
      int before = outcomes.size();
      controller.send(request, outcomes::add);
      assertThat(outcomes).as("told later than the call returns").hasSize(before);
    });
    time.settle();
  }

  @Test
  void noIoQueues_adminQueueOnly_isLive_andIsConnectedAgainAfterALoss() {
    start(0);
    assertThat(controller.state()).isEqualTo(ControllerState.LIVE);
    assertThat(target.openSessions()).isOne();
    assertThat(controller.namespaces()).isEmpty();
    target.session(0).cut();
    time.advance(20 * SECOND);
    assertThat(controller.state()).isEqualTo(ControllerState.LIVE);
    assertThat(target.openSessions()).isOne();
  }

  @Test
  void answer_withData() {
    start(0);
    var request =
        new AdminRequest(
            AdminOpcode.IDENTIFY,
            entry -> entry.cdw10(IdentifyCommand.CNS_CONTROLLER),
            new byte[0],
            4096,
            SECOND);
    reactor.run(() -> controller.send(request, outcomes::add));
    time.settle();
    var answered = (AdminOutcome.Answered) outcomes.getFirst();
    assertThat(answered.isSuccess()).isTrue();
    assertThat(answered.data().byteSize()).isEqualTo(4096);
    assertThat(outcomes).hasSize(1);
  }

  @Test
  void status_isTold() {
    target.refusals =
        (entry, qid) -> entry.opc() == OPCODE ? StatusCode.INVALID_OPCODE.dnr() : null;
    start(0);
    send(SECOND);
    assertThat(outcomes).hasSize(1);
    var answered = (AdminOutcome.Answered) outcomes.getFirst();
    assertThat(answered.status()).isEqualTo(StatusCode.INVALID_OPCODE.dnr());
    assertThat(answered.isSuccess()).isFalse();
  }

  @Test
  void noAnswerInTime_isTold_andALateOneIsNot() {
    hold();
    start(0);
    send(SECOND);
    int cid = target.seen.getLast().cid();
    time.advance(SECOND - 1);
    assertThat(outcomes).isEmpty();
    time.advance(2);
    assertThat(outcomes).containsExactly(new AdminOutcome.TimedOut());
    reactor.run(() -> target.session(0).answer(cid, 0, 0));
    time.settle();
    assertThat(outcomes).hasSize(1);
    assertThat(controller.state()).isEqualTo(ControllerState.LIVE);
  }

  @Test
  void lossOfTheAssociation_isToldOnce_andWhatIsSentMeanwhileIsNotSent() {
    hold();
    start(2);
    send(60 * SECOND);
    send(60 * SECOND);
    target.session(0).cut();
    time.settle();
    assertThat(outcomes).containsExactly(new AdminOutcome.Lost(), new AdminOutcome.Lost());
    send(SECOND);
    assertThat(outcomes.getLast()).isInstanceOf(AdminOutcome.NotSent.class);
    target.refusals = (entry, qid) -> null;
    time.advance(20 * SECOND);
    assertThat(controller.state()).isEqualTo(ControllerState.LIVE);
    assertThat(outcomes).hasSize(3);
    assertThat(target.seen.stream().filter(entry -> entry.opc() == OPCODE)).hasSize(2);
  }

  @Test
  void sixteenInFlight_areTaken_thoseThatTimedOutCount_andTheRestIsNotSent() {
    hold();
    start(0);
    for (int i = 0; i < CallerCommands.MAX_IN_FLIGHT; i++) {
      send(SECOND);
    }
    assertThat(outcomes).isEmpty();
    int cid = target.seen.getLast().cid();
    send(SECOND);
    assertThat(outcomes).hasSize(1).hasOnlyElementsOfType(AdminOutcome.NotSent.class);
    time.advance(2 * SECOND);
    assertThat(outcomes).hasSize(CallerCommands.MAX_IN_FLIGHT + 1);
    send(SECOND);
    assertThat(outcomes.getLast()).isInstanceOf(AdminOutcome.NotSent.class);
    reactor.run(() -> target.session(0).answer(cid, 0, 0));
    time.settle();
    int told = outcomes.size();
    send(60 * SECOND);
    assertThat(outcomes).as("a place is free again").hasSize(told);
    assertThat(controller.state()).isEqualTo(ControllerState.LIVE);
  }

  @Test
  void moreDataThanACommandCarries_isNotSent() {
    start(0);
    var request =
        new AdminRequest(
            OPCODE, entry -> {}, new byte[QueueOptions.MAX_TRANSFER_BYTES + 4], 0, SECOND);
    reactor.run(() -> controller.send(request, outcomes::add));
    time.settle();
    assertThat(outcomes).hasSize(1).hasOnlyElementsOfType(AdminOutcome.NotSent.class);
  }

  @Test
  void shutdown_endsWhatIsInFlight() {
    hold();
    start(0);
    send(60 * SECOND);
    reactor.run(controller::shutdown);
    time.advance(30 * SECOND);
    assertThat(outcomes).hasSize(1).hasOnlyElementsOfType(AdminOutcome.Lost.class);
    send(SECOND);
    assertThat(outcomes.getLast()).isInstanceOf(AdminOutcome.NotSent.class);
  }
}
