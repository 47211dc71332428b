package io.dnvme.initiator.node;

import io.dnvme.initiator.HostController;
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

  /** Batches of record requests under way: most are answered after a flush. */
  private static final int RECORD_BATCHES = 3;

  /** The leases' renewals wait behind nothing that waits for a disk (LEASE). */
  private static final int RENEWAL_BATCHES = 2;

  /** Questions which legs are free: one stands, and one takes its place. */
  private static final int AWAITS = 2;

  private static final int DISK_BATCHES = 2;
  private static final int IDENTITIES = 1;

  /**
   * What is left. Together they are as many as a node takes of an association, and no more: what
   * finds no place is not sent, and its member would leave the leg for that. A lane's place is free
   * when its command has ended, and not when those who asked wait no more: so a disk that hangs
   * takes the places of those lanes alone whose answers wait for it.
   */
  private static final int ADMITS =
      HostController.MAX_CALLERS_COMMANDS
          - RECORD_BATCHES
          - RENEWAL_BATCHES
          - AWAITS
          - DISK_BATCHES
          - IDENTITIES;

  /** What is answered with a record. */
  private static final Set<RecordOp> WITH_BODY =
      EnumSet.of(RecordOp.READ, RecordOp.PROMISE, RecordOp.CREATE, RecordOp.JOIN, RecordOp.AWAIT);

  private final IdentityLane identities;
  private final BatchLane<RecordRequest, RecordReply> records;
  private final BatchLane<RecordRequest, RecordReply> renewals;
  private final BatchLane<DiskRequest, DiskReply> disks;

  /**
   * @param cluster the caller's; a node of another one refuses
   * @param caller the controller incarnation that asks: the host id of the association
   */
  public NodeClient(HostController controller, UUID cluster, UUID caller) {
    identities = new IdentityLane(controller);
    records = new BatchLane<>(records(RECORD_BATCHES, AWAITS), controller, cluster, caller);
    renewals = new BatchLane<>(records(RENEWAL_BATCHES, 0), controller, cluster, caller);
    disks =
        new BatchLane<>(
            new BatchLane.Protocol<>(
                VendorOpcode.LOGICAL_DISKS,
                Envelope.Kind.DISK_REQUESTS,
                Envelope.Kind.DISK_REPLIES,
                DISK_BATCHES,
                ADMITS,
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

  /**
   * Asks who the node is.
   *
   * @param timeoutNanos until the outcome is told
   * @param done told what the node answered after it was asked
   */
  public void identify(long timeoutNanos, Consumer<NodeOutcome<NodeIdentity>> done) {
    identities.submit(timeoutNanos, done);
  }

  private static BatchLane.Protocol<RecordRequest, RecordReply> records(
      int maxCommands, int maxLongCommands) {
    return new BatchLane.Protocol<>(
        VendorOpcode.RECORDS,
        Envelope.Kind.RECORD_REQUESTS,
        Envelope.Kind.RECORD_REPLIES,
        maxCommands,
        maxLongCommands,
        request -> request.op() == RecordOp.AWAIT,
        request -> WITH_BODY.contains(request.op()),
        (request, reply) -> reply.op() == request.op() && reply.leg().equals(request.leg()),
        RecordReply::bodyOmitted);
  }

  /**
   * Asks the record holder; requests of one turn go together, renewals with renewals.
   *
   * @param timeoutNanos until the outcome is told, in doubt if need be
   */
  public void ask(
      RecordRequest request, long timeoutNanos, Consumer<NodeOutcome<RecordReply>> done) {
    (request.op() == RecordOp.RENEW ? renewals : records).submit(request, timeoutNanos, done);
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
