package io.dnvme.initiator.node;

import io.dnvme.initiator.AdminOutcome;
import io.dnvme.initiator.AdminRequest;
import io.dnvme.initiator.HostController;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.vendor.DiskOp;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.Envelope;
import io.dnvme.nvme.vendor.NodeIdentity;
import io.dnvme.nvme.vendor.RecordOp;
import io.dnvme.nvme.vendor.RecordReply;
import io.dnvme.nvme.vendor.RecordRequest;
import io.dnvme.nvme.vendor.VendorOpcode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * One node as a controller process uses it: asks its record holder and its disk over an association
 * with the node's own subsystem, which needs no I/O queues ({@link
 * io.dnvme.initiator.QueueOptions#isAdminOnly}). On the association's home reactor, where outcomes
 * are told, too: exactly one for each request, later than the call returns. Never repeats what may
 * have been done.
 *
 * <p>Who uses it reads the node's identity whenever the association is live again, before anything
 * else: another store or another power incarnation may answer (RECORD, INTENT).
 */
public final class NodeClient {

  private static final int DWORD_BYTES = 4;

  /** What is answered with a record. */
  private static final Set<RecordOp> WITH_BODY =
      EnumSet.of(RecordOp.READ, RecordOp.PROMISE, RecordOp.CREATE, RecordOp.JOIN, RecordOp.AWAIT);

  private final HostController controller;
  private final BatchLane<RecordRequest, RecordReply> records;
  private final BatchLane<DiskRequest, DiskReply> disks;

  /**
   * @param cluster the caller's; a node of another one refuses
   * @param caller the controller incarnation that asks: the host id of the association
   */
  public NodeClient(HostController controller, UUID cluster, UUID caller) {
    this.controller = controller;
    records =
        new BatchLane<>(
            new BatchLane.Protocol<>(
                VendorOpcode.RECORDS,
                Envelope.Kind.RECORD_REQUESTS,
                Envelope.Kind.RECORD_REPLIES,
                request -> request.op() == RecordOp.AWAIT,
                request -> WITH_BODY.contains(request.op()),
                (request, reply) -> reply.op() == request.op() && reply.leg().equals(request.leg()),
                RecordReply::bodyOmitted),
            controller,
            cluster,
            caller);
    disks =
        new BatchLane<>(
            new BatchLane.Protocol<>(
                VendorOpcode.LOGICAL_DISKS,
                Envelope.Kind.DISK_REQUESTS,
                Envelope.Kind.DISK_REPLIES,
                // Answered when nothing is in flight any more: on a disk that hangs, very late.
                request -> request.op() == DiskOp.ADMIT,
                request -> request.op() == DiskOp.LIST,
                (request, reply) ->
                    reply.op() == request.op() && reply.disk().equals(request.disk()),
                DiskReply::bodyOmitted),
            controller,
            cluster,
            caller);
  }

  /** Asks who the node is. */
  public void identify(long timeoutNanos, Consumer<NodeOutcome<NodeIdentity>> done) {
    controller.send(
        new AdminRequest(
            VendorOpcode.NODE_IDENTITY,
            entry -> entry.cdw10(NodeIdentity.SIZE / DWORD_BYTES),
            new byte[0],
            NodeIdentity.SIZE,
            timeoutNanos),
        outcome -> done.accept(identity(outcome)));
  }

  /**
   * Asks the record holder; requests of one turn go together.
   *
   * @param timeoutNanos until the outcome is told, in doubt if need be
   */
  public void ask(
      RecordRequest request, long timeoutNanos, Consumer<NodeOutcome<RecordReply>> done) {
    records.submit(request, timeoutNanos, done);
  }

  /**
   * Asks the record holder many things.
   *
   * @param requests at least one
   * @param done told once, when each has its outcome: these, in the requests' order
   */
  public void askAll(
      List<RecordRequest> requests,
      long timeoutNanos,
      Consumer<List<NodeOutcome<RecordReply>>> done) {
    var outcomes =
        new ArrayList<NodeOutcome<RecordReply>>(Collections.nCopies(requests.size(), null));
    var left = new int[] {requests.size()};
    for (int i = 0; i < requests.size(); i++) {
      int place = i;
      ask(
          requests.get(i),
          timeoutNanos,
          outcome -> {
            outcomes.set(place, outcome);
            if (--left[0] == 0) {
              done.accept(outcomes);
            }
          });
    }
  }

  /** Asks for something of a logical disk; see {@link #ask(RecordRequest, long, Consumer)}. */
  public void ask(DiskRequest request, long timeoutNanos, Consumer<NodeOutcome<DiskReply>> done) {
    disks.submit(request, timeoutNanos, done);
  }

  private static NodeOutcome<NodeIdentity> identity(AdminOutcome outcome) {
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

  /** Whether an NVMe status says that the command was not executed. */
  static boolean isRefusal(int status) {
    return StatusCode.INVALID_OPCODE.is(status)
        || StatusCode.INVALID_FIELD.is(status)
        || StatusCode.COMMAND_SEQUENCE_ERROR.is(status)
        || StatusCode.DATA_SGL_LENGTH_INVALID.is(status)
        || StatusCode.SGL_DESCRIPTOR_TYPE_INVALID.is(status)
        || StatusCode.SGL_OFFSET_INVALID.is(status)
        || StatusCode.INVALID_SGL_SEGMENT.is(status);
  }
}
