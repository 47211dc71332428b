package io.dnvme.initiator.node;

import io.dnvme.block.Reactor;
import io.dnvme.initiator.AdminOutcome;
import io.dnvme.initiator.AdminRequest;
import io.dnvme.initiator.HostController;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.vendor.Envelope;
import io.dnvme.nvme.vendor.VendorEntry;
import io.dnvme.nvme.vendor.VendorLimits;
import io.dnvme.nvme.vendor.VendorStatus;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Requests of one kind on their way to one node: those of a turn of the reactor, and those that
 * came while others were on their way, go together in one command. On the controller's home
 * reactor.
 *
 * <p>Invariants: each request gets exactly one outcome; nothing is sent twice, but for a request
 * whose reply's body was left out, which may be repeated. Each is told at its own deadline at the
 * latest; none ends what goes with it in one command. A lane's command takes its place until it has
 * ended, whoever waits for it still: together the lanes never ask for more places than there are.
 */
final class BatchLane<Q extends VendorEntry, R extends VendorEntry> {

  /** Requests that wait. */
  static final int MAX_WAITING = 4096;

  private static final int DWORD_BYTES = 4;

  /**
   * What the two kinds of requests differ in.
   *
   * @param maxCommands under way; further requests gather meanwhile
   * @param maxLongCommands beside those, commands of one request each that may take long
   * @param mayTakeLong whether the answer may take so long that others must not wait for it: it
   *     goes in a command of its own
   * @param hasBody whether the answer to a request may be large
   * @param answers whether the reply is one to the request
   * @param bodyOmitted whether the reply's body was left out
   */
  record Protocol<Q extends VendorEntry, R extends VendorEntry>(
      int opcode,
      Envelope.Kind<Q> asked,
      Envelope.Kind<R> answered,
      int maxCommands,
      int maxLongCommands,
      Predicate<Q> mayTakeLong,
      Predicate<Q> hasBody,
      BiPredicate<Q, R> answers,
      Predicate<R> bodyOmitted) {}

  /** A request and who waits for its outcome. */
  private final class Call extends TimedCall<R> {
    private final Q request;
    private final Deque<Call> line;
    private boolean alone;

    Call(Q request, Deque<Call> line, long timeoutNanos, Consumer<NodeOutcome<R>> done) {
      super(home, timeoutNanos, done);
      this.request = request;
      this.line = line;
    }

    @Override
    void withdraw() {
      line.remove(this);
    }

    /** One that was answered without its body may have been done: no refusal later undoes that. */
    @Override
    void tell(NodeOutcome<R> outcome) {
      super.tell(
          alone && outcome instanceof NodeOutcome.Refused<R>(String why)
              ? new NodeOutcome.InDoubt<>("the answer's body was left out, and then " + why)
              : outcome);
    }
  }

  private final Protocol<Q, R> protocol;
  private final HostController controller;
  private final UUID cluster;
  private final UUID caller;
  private final Reactor home;
  private final Deque<Call> waiting = new ArrayDeque<>();
  private final Deque<Call> waitingLong = new ArrayDeque<>();
  private boolean flushDue;
  private int underWay;
  private int longUnderWay;
  private long lastNumber;

  BatchLane(Protocol<Q, R> protocol, HostController controller, UUID cluster, UUID caller) {
    this.protocol = protocol;
    this.controller = controller;
    this.cluster = cluster;
    this.caller = caller;
    home = controller.home();
  }

  void submit(Q request, long timeoutNanos, Consumer<NodeOutcome<R>> done) {
    Deque<Call> line = protocol.mayTakeLong().test(request) ? waitingLong : waiting;
    if (line.size() == MAX_WAITING) {
      home.execute(
          () -> done.accept(new NodeOutcome.Refused<>(MAX_WAITING + " requests wait already")));
      return;
    }
    line.add(new Call(request, line, timeoutNanos, done));
    flushLater();
  }

  private void flushLater() {
    if (!flushDue) {
      flushDue = true;
      home.execute(this::flush);
    }
  }

  private void flush() {
    flushDue = false;
    while (underWay < protocol.maxCommands() && !waiting.isEmpty()) {
      List<Call> batch = nextBatch();
      if (!batch.isEmpty()) {
        underWay++;
        send(batch, () -> underWay--);
      }
    }
    while (longUnderWay < protocol.maxLongCommands() && !waitingLong.isEmpty()) {
      Call call = waitingLong.poll();
      if (call.leftNanos() <= 0) {
        call.tellTooLate();
      } else {
        longUnderWay++;
        send(List.of(call), () -> longUnderWay--);
      }
    }
  }

  /** What goes in the next command; those whose time is over are told so. */
  private List<Call> nextBatch() {
    var batch = new ArrayList<Call>();
    int bytes = Envelope.HEADER_BYTES;
    while (!waiting.isEmpty() && batch.size() < VendorLimits.MAX_ENTRIES) {
      Call call = waiting.peek();
      if (call.leftNanos() <= 0) {
        waiting.poll().tellTooLate();
        continue;
      }
      bytes += call.request.encodedBytes();
      boolean fits = bytes <= VendorLimits.MAX_DATA_BYTES && !call.alone;
      if (!batch.isEmpty() && !fits) {
        break;
      }
      batch.add(waiting.poll());
      if (call.alone) {
        break;
      }
    }
    return batch;
  }

  private void send(List<Call> batch, Runnable ended) {
    long number = ++lastNumber;
    byte[] data =
        new Envelope<>(
                protocol.asked(),
                cluster,
                caller,
                number,
                batch.stream().map(call -> call.request).toList())
            .encode();
    int room = replyRoom(batch);
    batch.forEach(TimedCall::sent);
    controller.send(
        new AdminRequest(
            protocol.opcode(),
            entry -> entry.cdw10(data.length / DWORD_BYTES).cdw12(room / DWORD_BYTES),
            data,
            room,
            AdminRequest.UNTIL_IT_ENDS),
        outcome -> {
          ended.run();
          finish(batch, number, outcome);
          flushLater();
        });
  }

  private int replyRoom(List<Call> batch) {
    if (batch.getFirst().alone) {
      return Envelope.HEADER_BYTES + VendorEntry.SIZE + VendorLimits.MAX_BODY_BYTES;
    }
    boolean large = batch.stream().anyMatch(call -> protocol.hasBody().test(call.request));
    return large
        ? VendorLimits.MAX_DATA_BYTES
        : Envelope.HEADER_BYTES + batch.size() * VendorEntry.SIZE;
  }

  private void finish(List<Call> batch, long number, AdminOutcome outcome) {
    switch (outcome) {
      case AdminOutcome.NotSent(String why) ->
          tellAll(batch, new NodeOutcome.Refused<>("not sent: " + why));
      case AdminOutcome.Lost() ->
          tellAll(batch, new NodeOutcome.InDoubt<>("the association was lost"));
      case AdminOutcome.TimedOut() ->
          tellAll(batch, new NodeOutcome.InDoubt<>("no answer in time"));
      case AdminOutcome.Answered answered -> answered(batch, number, answered);
    }
  }

  private void answered(List<Call> batch, long number, AdminOutcome.Answered answered) {
    if (!answered.isSuccess()) {
      tellAll(batch, failure(answered.status()));
      return;
    }
    var received =
        Envelope.decode(protocol.answered(), answered.data(), 0, (int) answered.data().byteSize());
    switch (received) {
      case Envelope.Received.Bad<R> bad ->
          tellAll(batch, new NodeOutcome.InDoubt<>("the answer makes no sense: " + bad.why()));
      case Envelope.Received.Good<R>(Envelope<R> envelope) -> {
        if (answersAll(batch, number, envelope)) {
          for (int i = 0; i < batch.size(); i++) {
            tell(batch.get(i), envelope.sender(), envelope.entries().get(i));
          }
        } else {
          tellAll(batch, new NodeOutcome.InDoubt<>("the answer is one to something else"));
        }
      }
    }
  }

  private boolean answersAll(List<Call> batch, long number, Envelope<R> envelope) {
    if (envelope.request() != number
        || !envelope.cluster().equals(cluster)
        || envelope.entries().size() != batch.size()) {
      return false;
    }
    for (int i = 0; i < batch.size(); i++) {
      if (!protocol.answers().test(batch.get(i).request, envelope.entries().get(i))) {
        return false;
      }
    }
    return true;
  }

  private void tell(Call call, UUID store, R reply) {
    if (call.isTold()) {
      return;
    }
    if (!protocol.bodyOmitted().test(reply)) {
      call.tell(new NodeOutcome.Replied<>(store, reply));
    } else if (call.alone) {
      call.tell(new NodeOutcome.InDoubt<>("the node leaves the body out"));
    } else {
      call.alone = true;
      call.waitAgain();
      waiting.addFirst(call);
    }
  }

  /**
   * A node's own status says that nothing was done, as one that refuses the command's form does.
   */
  private NodeOutcome<R> failure(int status) {
    String why = "the node answers " + describe(status);
    return VendorStatus.find(status) != null || NodeClient.isRefusal(status)
        ? new NodeOutcome.Refused<>(why)
        : new NodeOutcome.InDoubt<>(why);
  }

  private static String describe(int status) {
    VendorStatus known = VendorStatus.find(status);
    return known == null ? Status.describe(status) : known.toString();
  }

  private void tellAll(List<Call> batch, NodeOutcome<R> outcome) {
    batch.forEach(call -> call.tell(outcome));
  }
}
