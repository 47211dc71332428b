package io.dnvme.initiator.node;

import io.dnvme.block.Reactor;
import io.dnvme.initiator.AdminOutcome;
import io.dnvme.initiator.AdminRequest;
import io.dnvme.initiator.HostController;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.vendor.NodeIdentity;
import io.dnvme.nvme.vendor.VendorOpcode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Questions to one node who it is: one command is under way at most, and answers all that were
 * asked before it was sent. So what an answer says is later than each question, and a hundred
 * members that connect at once take no place from what their legs' claims need. On the controller's
 * home reactor.
 *
 * <p>Invariant: each question gets exactly one outcome, at its own deadline at the latest.
 */
final class IdentityLane {

  private static final int DWORD_BYTES = 4;

  /** Who asked. */
  private final class Question extends TimedCall<NodeIdentity> {

    Question(long timeoutNanos, Consumer<NodeOutcome<NodeIdentity>> done) {
      super(home, timeoutNanos, done);
    }

    @Override
    void withdraw() {
      waiting.remove(this);
    }
  }

  private final HostController controller;
  private final Reactor home;
  private List<Question> waiting = new ArrayList<>();
  private boolean flushDue;
  private boolean underWay;

  IdentityLane(HostController controller) {
    this.controller = controller;
    home = controller.home();
  }

  void submit(long timeoutNanos, Consumer<NodeOutcome<NodeIdentity>> done) {
    if (waiting.size() == BatchLane.MAX_WAITING) {
      home.execute(() ->
          done.accept(
              new NodeOutcome.Refused<>(BatchLane.MAX_WAITING + " questions wait already")));
      return;
    }
    waiting.add(new Question(timeoutNanos, done));
    flushLater();
  }

  private void flushLater() {
    if (!flushDue && !underWay) {
      flushDue = true;
      home.execute(this::flush);
    }
  }

  private void flush() {
    flushDue = false;
    if (waiting.isEmpty()) {
      return;
    }
    List<Question> asked = waiting;
    waiting = new ArrayList<>();
    asked.forEach(TimedCall::sent);
    underWay = true;
    controller.send(
        new AdminRequest(
            VendorOpcode.NODE_IDENTITY,
            entry -> entry.cdw10(NodeIdentity.SIZE / DWORD_BYTES),
            new byte[0],
            NodeIdentity.SIZE,
            AdminRequest.UNTIL_IT_ENDS),
        outcome -> {
          underWay = false;
          NodeOutcome<NodeIdentity> told = told(outcome);
          asked.forEach(question -> question.tell(told));
          flushLater();
        });
  }

  private static NodeOutcome<NodeIdentity> told(AdminOutcome outcome) {
    return switch (outcome) {
      case AdminOutcome.NotSent(String why) -> new NodeOutcome.Refused<>("not sent: " + why);
      case AdminOutcome.Lost() -> new NodeOutcome.InDoubt<>("the association was lost");
      case AdminOutcome.TimedOut() -> new NodeOutcome.InDoubt<>("no answer in time");
      case AdminOutcome.Answered answered -> {
        if (!answered.isSuccess()) {
          yield new NodeOutcome.Refused<>("the node answers " + Status.describe(answered.status()));
        }
        if (answered.data().byteSize() != NodeIdentity.SIZE) {
          yield new NodeOutcome.InDoubt<>("the node's identity is too short");
        }
        yield switch (NodeIdentity.decode(answered.data(), 0)) {
          case NodeIdentity.Received.Good(NodeIdentity identity) ->
              new NodeOutcome.Replied<>(identity.store(), identity);
          case NodeIdentity.Received.Bad bad ->
              new NodeOutcome.InDoubt<>("the node's identity makes no sense: " + bad.why());
        };
      }
    };
  }
}
