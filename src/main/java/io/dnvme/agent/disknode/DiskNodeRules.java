package io.dnvme.agent.disknode;

import io.dnvme.agent.record.RecordMessages;
import io.dnvme.block.Reactor;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.disk.format.Description;
import io.dnvme.disk.format.DiskStore;
import io.dnvme.disk.format.DiskUsage;
import io.dnvme.disk.format.FreeRight;
import io.dnvme.disk.format.LogicalDisk;
import io.dnvme.disk.format.StoreOutcome;
import io.dnvme.nvme.vendor.DiskOp;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.nvme.vendor.LogicalDiskInfo;
import io.dnvme.nvme.vendor.NodeIdentity;
import io.dnvme.nvme.vendor.RecordOp;
import io.dnvme.nvme.vendor.RecordReply;
import io.dnvme.nvme.vendor.RecordRequest;
import io.dnvme.nvme.vendor.VendorEntry;
import io.dnvme.nvme.vendor.WireEpoch;
import io.dnvme.ownership.HolderReply;
import io.dnvme.ownership.HolderRequest;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.LegRecordCodec;
import io.dnvme.ownership.LegWatches;
import io.dnvme.ownership.RecordFormatException;
import io.dnvme.ownership.RecordHolder;
import io.dnvme.target.node.NodeRules;
import io.dnvme.target.subsystem.Subsystems;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/**
 * What a disk node does for the controllers of its cluster: keeps leg records (RECORD), and makes,
 * admits and frees logical disks (OWNER, NO-LEAK); a witness keeps records alone. All that is
 * answered as done is durable. Lives on the disk node's home reactor.
 */
public final class DiskNodeRules implements NodeRules {

  /** Logical disks that are allocated at most: each can be served, beside the node itself. */
  public static final int MAX_LOGICAL_DISKS = Subsystems.MAX_SUBSYSTEMS - 1;

  private final NodeIdentity identity;
  private final DiskStore disk;
  private final RecordHolder holder;
  private final LegWatches watches;
  private final Admissions admissions;
  private final int maxLogicalDisks;

  /** Logical disks whose allocation is under way. */
  private int allocating;

  public DiskNodeRules(
      Reactor home,
      NodeIdentity identity,
      DiskStore disk,
      RecordHolder holder,
      Admissions admissions) {
    this(home, identity, disk, holder, admissions, MAX_LOGICAL_DISKS);
  }

  DiskNodeRules(
      Reactor home,
      NodeIdentity identity,
      DiskStore disk,
      RecordHolder holder,
      Admissions admissions,
      int maxLogicalDisks) {
    this.identity = identity;
    this.disk = disk;
    this.holder = holder;
    watches = new LegWatches(home.clock(), home.timers(), leg -> holder.waitNanos(leg));
    this.admissions = admissions;
    this.maxLogicalDisks = maxLogicalDisks;
  }

  /** What {@link Admissions} needs of the disk. */
  public static Admissions.Store admissionStore(DiskStore disk) {
    return (logicalDisk, epoch, done) ->
        disk.admit(
            logicalDisk,
            epoch,
            outcome ->
                done.accept(
                    switch (outcome) {
                      case StoreOutcome.Done<LogicalDisk> any -> Admissions.Outcome.ADMITTED;
                      case StoreOutcome.Refused<LogicalDisk> refused -> outcome(refused.reason());
                    }));
  }

  /** What became of an admission that the disk refuses. */
  static Admissions.Outcome outcome(StoreOutcome.Reason refusal) {
    return switch (refusal) {
      case STALE_EPOCH -> Admissions.Outcome.STALE_EPOCH;
      case NOT_FOUND -> Admissions.Outcome.UNKNOWN;
      default -> Admissions.Outcome.FAILED;
    };
  }

  @Override
  public NodeIdentity identity() {
    return identity;
  }

  @Override
  public void records(UUID caller, List<RecordRequest> requests, Consumer<List<RecordReply>> done) {
    if (requests.size() == 1 && requests.getFirst().op() == RecordOp.AWAIT) {
      RecordRequest request = requests.getFirst();
      watches.await(
          caller,
          request.leaseNanos(),
          legs -> done.accept(List.of(RecordReply.free(request, legs))));
      return;
    }
    List<HolderRequest> sensible = new ArrayList<>(requests.size());
    var which = new ArrayList<Integer>(requests.size());
    var replies = new RecordReply[requests.size()];
    for (int i = 0; i < requests.size(); i++) {
      HolderRequest request = RecordMessages.decode(requests.get(i));
      if (request == null) {
        replies[i] = RecordReply.of(requests.get(i), EntryResult.INVALID);
      } else {
        sensible.add(request);
        which.add(i);
      }
    }
    holder.handle(
        sensible,
        answers -> {
          for (int n = 0; n < answers.size(); n++) {
            int i = which.get(n);
            HolderReply answer = answers.get(n);
            replies[i] = RecordMessages.encode(requests.get(i), answer);
          }
          done.accept(Arrays.asList(replies));
        });
    watches.handled(caller, sensible);
  }

  @Override
  public void logicalDisks(
      UUID caller, List<DiskRequest> requests, Consumer<List<DiskReply>> done) {
    var replies = new DiskReply[requests.size()];
    var left = new int[] {requests.size()};
    IntConsumer answered =
        i -> {
          if (--left[0] == 0) {
            done.accept(Arrays.asList(replies));
          }
        };
    for (int i = 0; i < requests.size(); i++) {
      int index = i;
      execute(
          caller,
          requests.get(i),
          reply -> {
            replies[index] = reply;
            answered.accept(index);
          });
    }
  }

  private void execute(UUID caller, DiskRequest request, Consumer<DiskReply> done) {
    if (!identity.has(NodeIdentity.HAS_LOGICAL_DISKS)) {
      done.accept(DiskReply.of(request, EntryResult.NOT_PERMITTED));
      return;
    }
    switch (request.op()) {
      case ALLOCATE -> allocate(request, done);
      case GROW -> grow(caller, request, done);
      case FREE -> free(caller, request, done);
      case LIST -> done.accept(list(request));
      case USAGE -> done.accept(usage(request));
      case ADMIT ->
          admissions.admit(
              request.disk(),
              RecordMessages.epoch(request.epoch()),
              outcome -> done.accept(about(request, resultOf(outcome))));
    }
  }

  private void allocate(DiskRequest request, Consumer<DiskReply> done) {
    int extents = extents(request.sizeBytes());
    if (extents == 0 || request.body().length > Description.MAX_BYTES) {
      done.accept(DiskReply.of(request, EntryResult.INVALID));
    } else if (disk.find(request.disk()).isEmpty()
        && disk.list().size() + allocating >= maxLogicalDisks) {
      done.accept(DiskReply.of(request, EntryResult.FULL));
    } else {
      Description description = Description.of(request.body());
      allocating++;
      disk.allocate(
          request.disk(),
          request.leg(),
          extents,
          description,
          outcome -> {
            allocating--;
            done.accept(changed(request, outcome));
          });
    }
  }

  /** The owner's matter: who is none has no use for the space, and may not consume it. */
  private void grow(UUID caller, DiskRequest request, Consumer<DiskReply> done) {
    int extents = extents(request.sizeBytes());
    Epoch epoch = RecordMessages.epoch(request.epoch());
    if (extents == 0) {
      done.accept(DiskReply.of(request, EntryResult.INVALID));
    } else if (!epoch.isNone() && !caller.equals(epoch.incarnation())) {
      done.accept(about(request, EntryResult.NOT_PERMITTED));
    } else {
      disk.grow(request.disk(), epoch, extents, outcome -> done.accept(changed(request, outcome)));
    }
  }

  /** Whole extents that hold so many bytes; 0 where that makes no sense. */
  private int extents(long sizeBytes) {
    long extentBytes = disk.usage().extentBytes();
    long extents = sizeBytes / extentBytes + (sizeBytes % extentBytes == 0 ? 0 : 1);
    return extents > Integer.MAX_VALUE ? 0 : (int) extents;
  }

  private static EntryResult resultOf(Admissions.Outcome outcome) {
    return switch (outcome) {
      case ADMITTED -> EntryResult.DONE;
      case STALE_EPOCH -> EntryResult.LOWER_EPOCH;
      case UNKNOWN -> EntryResult.UNKNOWN;
      case BUSY -> EntryResult.NOT_PERMITTED;
      case FAILED -> EntryResult.FAILED;
    };
  }

  private void free(UUID caller, DiskRequest request, Consumer<DiskReply> done) {
    LogicalDisk found = disk.find(request.disk()).orElse(null);
    if (found == null) {
      done.accept(about(request, EntryResult.UNKNOWN));
      return;
    }
    FreeRight right = right(caller, request, found.legId());
    if (right == null) {
      done.accept(DiskReply.of(request, EntryResult.INVALID));
      return;
    }
    disk.free(
        request.disk(),
        right,
        outcome -> {
          DiskReply reply = changed(request, outcome);
          if (reply.result() == EntryResult.DONE) {
            admissions.withdraw(request.disk(), () -> done.accept(reply));
          } else {
            done.accept(reply);
          }
        });
  }

  /**
   * In whose name it is freed (NO-LEAK); null where what proves it does not. A record proves
   * something of its own leg's logical disks only: a deleted one that there is no owner any more,
   * another one, of the owner that asks, that the leg does not have this logical disk.
   */
  private static FreeRight right(UUID caller, DiskRequest request, UUID leg) {
    Epoch epoch = RecordMessages.epoch(request.epoch());
    if (request.body().length == 0) {
      return epoch.isNone() ? new FreeRight.NeverAdmitted() : null;
    }
    try {
      LegRecord record = LegRecordCodec.decode(request.body());
      if (!record.leg().equals(leg)) {
        return null;
      }
      if (record.deleted()) {
        return new FreeRight.DeletedRecord(record.epoch());
      }
      boolean owner = record.epoch().equals(epoch) && caller.equals(epoch.incarnation());
      return owner && record.member(request.disk()) == null ? new FreeRight.Owner(epoch) : null;
    } catch (RecordFormatException e) {
      return null;
    }
  }

  /** What is in the way of an allocation, if that is there still: else the answer is as of none. */
  private DiskReply conflict(DiskRequest request) {
    LogicalDisk wanted =
        new LogicalDisk(
            request.disk(), request.leg(), 1, Epoch.NONE, Description.of(request.body()));
    return about(
        request,
        EntryResult.CONFLICT,
        disk.find(request.disk())
            .or(() -> disk.list().stream().filter(wanted::isRivalOf).findFirst())
            .orElse(null));
  }

  private DiskReply changed(DiskRequest request, StoreOutcome<LogicalDisk> outcome) {
    return switch (outcome) {
      case StoreOutcome.Done<LogicalDisk> done -> about(request, EntryResult.DONE);
      case StoreOutcome.Refused<LogicalDisk> refused
          when request.op() == DiskOp.ALLOCATE
              && refused.reason() == StoreOutcome.Reason.CONFLICT ->
          conflict(request);
      case StoreOutcome.Refused<LogicalDisk> refused ->
          about(
              request,
              switch (refused.reason()) {
                case NOT_FOUND -> EntryResult.UNKNOWN;
                case CONFLICT -> EntryResult.CONFLICT;
                case STALE_EPOCH -> EntryResult.NOT_PERMITTED;
                case NO_SPACE -> EntryResult.FULL;
                case INVALID, NOT_FORMATTED, IN_USE, OTHER_CLUSTER, OTHER_VERSION, DAMAGED ->
                    EntryResult.INVALID;
                case FAILED -> EntryResult.FAILED;
              });
    };
  }

  /** An answer with what is so of the logical disk now. */
  private DiskReply about(DiskRequest request, EntryResult result) {
    return about(request, result, disk.find(request.disk()).orElse(null));
  }

  private DiskReply about(DiskRequest request, EntryResult result, LogicalDisk found) {
    DiskUsage usage = disk.usage();
    long extentBytes = usage.extentBytes();
    return new DiskReply(
        request.op(),
        result,
        request.disk(),
        found == null ? DiskRequest.NONE : found.legId(),
        found == null ? WireEpoch.NONE : RecordMessages.wire(disk.asked(found.id())),
        found == null ? 0 : found.extentCount() * extentBytes,
        result == EntryResult.FULL ? freeBytes(usage) : 0,
        extentBytes,
        disk.blockSizeBytes(),
        disk.powerIncarnation(),
        false,
        false,
        VendorEntry.NO_BODY);
  }

  private DiskReply list(DiskRequest request) {
    long extentBytes = disk.usage().extentBytes();
    Stream<LogicalDisk> behind =
        disk.list().stream()
            .sorted(Comparator.comparing(LogicalDisk::id, DiskNodeRules::compare))
            .filter(found -> compare(found.id(), request.disk()) > 0);
    List<LogicalDisk> found = behind.limit(LogicalDiskInfo.MAX_IN_BODY + 1L).toList();
    boolean more = found.size() > LogicalDiskInfo.MAX_IN_BODY;
    List<LogicalDiskInfo> infos =
        found.stream()
            .limit(LogicalDiskInfo.MAX_IN_BODY)
            .map(one ->
                new LogicalDiskInfo(
                    one.id(),
                    one.legId(),
                    one.extentCount() * extentBytes,
                    RecordMessages.wire(one.admitted())))
            .toList();
    return new DiskReply(
        request.op(),
        EntryResult.DONE,
        request.disk(),
        DiskRequest.NONE,
        WireEpoch.NONE,
        0,
        0,
        extentBytes,
        disk.blockSizeBytes(),
        disk.powerIncarnation(),
        more,
        false,
        LogicalDiskInfo.encode(infos));
  }

  /** In the order of their text, which is that of unsigned numbers. */
  private static int compare(UUID one, UUID other) {
    int high = Long.compareUnsigned(one.getMostSignificantBits(), other.getMostSignificantBits());
    return high != 0
        ? high
        : Long.compareUnsigned(one.getLeastSignificantBits(), other.getLeastSignificantBits());
  }

  /** Of the extents that are free, or will be by themselves. */
  private static long freeBytes(DiskUsage usage) {
    return (usage.free() + usage.zeroing()) * usage.extentBytes();
  }

  private DiskReply usage(DiskRequest request) {
    DiskUsage usage = disk.usage();
    return new DiskReply(
        request.op(),
        EntryResult.DONE,
        request.disk(),
        DiskRequest.NONE,
        WireEpoch.NONE,
        usage.extents() * usage.extentBytes(),
        freeBytes(usage),
        usage.extentBytes(),
        disk.blockSizeBytes(),
        disk.powerIncarnation(),
        false,
        false,
        VendorEntry.NO_BODY);
  }
}
