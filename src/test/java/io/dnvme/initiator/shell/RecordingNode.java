package io.dnvme.initiator.shell;

import io.dnvme.nvme.vendor.DiskOp;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.nvme.vendor.LogicalDiskInfo;
import io.dnvme.nvme.vendor.NodeIdentity;
import io.dnvme.nvme.vendor.RecordReply;
import io.dnvme.nvme.vendor.RecordRequest;
import io.dnvme.nvme.vendor.VendorEntry;
import io.dnvme.nvme.vendor.WireEpoch;
import io.dnvme.target.node.NodeRules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * A node whose store is a map: keeps the last body that it was given for each leg, and answers with
 * it. No rules, only enough to see that what is asked arrives and what is answered comes back.
 */
final class RecordingNode implements NodeRules {

  static final UUID CLUSTER = UUID.fromString("c0000000-0000-4000-8000-000000000001");
  static final UUID STORE = UUID.fromString("50000000-0000-4000-8000-000000000003");
  static final UUID POWER = UUID.fromString("b0070000-0000-4000-8000-000000000007");

  static final NodeIdentity IDENTITY =
      new NodeIdentity(
          UUID.randomUUID(),
          CLUSTER,
          STORE,
          UUID.randomUUID(),
          POWER,
          NodeIdentity.HOLDS_RECORDS | NodeIdentity.HAS_LOGICAL_DISKS,
          1,
          1);

  final Map<UUID, byte[]> bodies = new HashMap<>();
  final List<UUID> callers = new ArrayList<>();
  final List<Integer> batchSizes = new ArrayList<>();
  final List<Runnable> held = new ArrayList<>();
  boolean holds;
  boolean holdsAdmissions;

  @Override
  public NodeIdentity identity() {
    return IDENTITY;
  }

  @Override
  public void records(UUID caller, List<RecordRequest> requests, Consumer<List<RecordReply>> done) {
    callers.add(caller);
    batchSizes.add(requests.size());
    var replies = requests.stream().map(this::record).toList();
    if (holds) {
      held.add(() -> done.accept(replies));
    } else {
      done.accept(replies);
    }
  }

  private RecordReply record(RecordRequest request) {
    return switch (request.op()) {
      case ACCEPT -> {
        bodies.put(request.leg(), request.body());
        yield RecordReply.of(request, EntryResult.DONE);
      }
      case READ, PROMISE, CREATE, JOIN -> {
        byte[] body = bodies.get(request.leg());
        yield body == null
            ? RecordReply.of(request, EntryResult.UNKNOWN)
            : new RecordReply(
                request.op(),
                EntryResult.DONE,
                request.leg(),
                request.epoch(),
                WireEpoch.NONE,
                1,
                0,
                false,
                body);
      }
      case PROBE, RENEW, RELEASE, RETIRE, FORGET, LEAVE, AWAIT ->
          RecordReply.of(request, EntryResult.DONE);
    };
  }

  @Override
  public void logicalDisks(
      UUID caller, List<DiskRequest> requests, Consumer<List<DiskReply>> done) {
    List<DiskReply> replies = requests.stream().map(RecordingNode::disk).toList();
    if (holdsAdmissions && requests.stream().anyMatch(one -> one.op() == DiskOp.ADMIT)) {
      held.add(() -> done.accept(replies));
    } else {
      done.accept(replies);
    }
  }

  private static DiskReply disk(DiskRequest request) {
    byte[] body =
        request.op() == DiskOp.LIST
            ? LogicalDiskInfo.encode(
                List.of(new LogicalDiskInfo(STORE, CLUSTER, 1 << 30, new WireEpoch(3, POWER))))
            : VendorEntry.NO_BODY;
    return new DiskReply(
        request.op(),
        EntryResult.DONE,
        request.disk(),
        request.leg(),
        request.epoch(),
        request.sizeBytes(),
        5,
        6,
        512,
        POWER,
        false,
        false,
        body);
  }
}
