package io.dnvme.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.ManualReactor;
import io.dnvme.block.VirtualTime;
import io.dnvme.initiator.node.NodeClient;
import io.dnvme.initiator.node.NodeOutcome;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.nvme.vendor.RecordOp;
import io.dnvme.nvme.vendor.RecordRequest;
import io.dnvme.nvme.vendor.VendorOpcode;
import io.dnvme.nvme.vendor.VendorStatus;
import io.dnvme.nvme.vendor.WireEpoch;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A node that answers late: each request has its own time, whatever it shares a command with. */
class NodeClientTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final UUID CALLER = new UUID(3, 4);
  private static final WireEpoch EPOCH = new WireEpoch(1, CALLER);
  private static final int ANSWER = VendorStatus.STOPPING.status();

  private final VirtualTime time = new VirtualTime();
  private final ManualReactor reactor = new ManualReactor(time, 0);
  private final FakeTarget target = new FakeTarget();
  private final List<SubmissionQueueEntry> held = new ArrayList<>();
  private HostController controller;
  private NodeClient client;

  @BeforeEach
  void start() {
    target.refusals =
        (entry, qid) -> {
          if (entry.opc() < VendorOpcode.NODE_IDENTITY) {
            return null;
          }
          held.add(entry);
          return FakeTarget.HELD;
        };
    controller =
        new HostController(
            new ControllerOptions(
                new InetSocketAddress("127.0.0.1", 4420),
                "nqn.2026-01.org.example:fake",
                HostIdentity.of(CALLER),
                4_000,
                QueueOptions.of(0),
                ReconnectOptions.DEFAULT),
            reactor,
            List.of(reactor),
            target,
            new Random(1),
            new ControllerListener() {});
    client = new NodeClient(controller, new UUID(1, 1), CALLER);
    reactor.run(controller::start);
    time.settle();
  }

  @AfterEach
  void nothingIsLeft() {
    reactor.run(controller::shutdown);
    time.advance(120 * SECOND);
    assertThat(controller.state()).isEqualTo(ControllerState.CLOSED);
    assertThat(time.alarmsPending()).isZero();
    reactor.close();
  }

  private List<NodeOutcome<?>> ask(RecordOp op, long timeoutNanos) {
    List<NodeOutcome<?>> outcomes = new ArrayList<>();
    reactor.run(
        () -> client.ask(RecordRequest.of(op, new UUID(9, 1), EPOCH), timeoutNanos, outcomes::add));
    return outcomes;
  }

  private List<NodeOutcome<?>> identify(long timeoutNanos) {
    List<NodeOutcome<?>> outcomes = new ArrayList<>();
    reactor.run(() -> client.identify(timeoutNanos, outcomes::add));
    return outcomes;
  }

  /** The node answers the command, in a way that ends it for all who wait for it still. */
  private void answer(int command) {
    reactor.run(() -> target.session(0).answer(held.get(command).cid(), ANSWER, 0));
    time.settle();
  }

  private static void assertInDoubt(List<NodeOutcome<?>> outcomes) {
    assertThat(outcomes).hasSize(1).hasOnlyElementsOfType(NodeOutcome.InDoubt.class);
  }

  private static void assertAnswered(List<NodeOutcome<?>> outcomes) {
    assertThat(outcomes).hasSize(1);
    assertThat(outcomes.getFirst().toString()).contains("the node answers");
  }

  @Test
  void requestsOfOneCommand_areToldEachAtItsOwnDeadline_andOnce() {
    List<List<NodeOutcome<?>>> asked = new ArrayList<>();
    reactor.run(() -> {
      asked.add(ask(RecordOp.READ, 2 * SECOND));
      asked.add(ask(RecordOp.PROMISE, 10 * SECOND));
    });
    time.settle();
    assertThat(held).as("they go together").hasSize(1);
    time.advance(2 * SECOND - 1);
    assertThat(asked.get(0)).isEmpty();
    time.advance(2);
    assertInDoubt(asked.get(0));
    assertThat(asked.get(1)).isEmpty();
    time.advance(5 * SECOND);
    answer(0);
    assertAnswered(asked.get(1));
    assertInDoubt(asked.get(0));
    time.advance(10 * SECOND);
    assertThat(asked.get(1)).hasSize(1);
  }

  @Test
  void questionsOfOneCommand_areToldEachAtItsOwnDeadline_andOnce() {
    List<List<NodeOutcome<?>>> asked = new ArrayList<>();
    reactor.run(() -> {
      asked.add(identify(SECOND / 20));
      asked.add(identify(2 * SECOND));
    });
    time.settle();
    assertThat(held).as("they go together").hasSize(1);
    time.advance(SECOND / 20 + 1);
    assertInDoubt(asked.get(0));
    assertThat(asked.get(1)).isEmpty();
    time.advance(SECOND);
    answer(0);
    assertAnswered(asked.get(1));
    assertInDoubt(asked.get(0));
  }

  /** What hangs in a lane takes that lane's places, and no other's, however often it is asked. */
  @Test
  void commandsThatNobodyWaitsForAnyMore_takeNoPlaceOfRenewals() {
    for (int i = 0; i < HostController.MAX_CALLERS_COMMANDS; i++) {
      assertThat(ask(RecordOp.READ, SECOND)).isEmpty();
      time.advance(SECOND + 1);
    }
    int hanging = held.size();
    List<NodeOutcome<?>> renewal = ask(RecordOp.RENEW, SECOND);
    List<NodeOutcome<?>> question = identify(SECOND);
    time.settle();
    assertThat(renewal).isEmpty();
    assertThat(question).isEmpty();
    assertThat(held).as("both are sent").hasSize(hanging + 2);
    answer(hanging);
    answer(hanging + 1);
    assertAnswered(renewal);
    assertAnswered(question);
    List<NodeOutcome<?>> read = ask(RecordOp.READ, SECOND);
    time.settle();
    assertThat(held).as("it waits").hasSize(hanging + 2);
    answer(0);
    assertThat(held).as("a place is free again").hasSize(hanging + 3);
    answer(hanging + 2);
    assertAnswered(read);
  }

  @Test
  void questionThatWaitsTooLong_isNotSent() {
    List<NodeOutcome<?>> first = identify(5 * SECOND);
    time.settle();
    List<NodeOutcome<?>> second = identify(SECOND);
    time.advance(SECOND + 1);
    assertThat(second).hasSize(1).hasOnlyElementsOfType(NodeOutcome.Refused.class);
    answer(0);
    assertAnswered(first);
    assertThat(held).hasSize(1);
    assertThat(second).hasSize(1);
  }
}
