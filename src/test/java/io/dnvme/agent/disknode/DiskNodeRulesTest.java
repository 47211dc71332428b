package io.dnvme.agent.disknode;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.NodeNames;
import io.dnvme.agent.leg.LegPlan;
import io.dnvme.agent.record.RecordMessages;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.DeviceOpenException;
import io.dnvme.disk.MemoryDevice;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.disk.format.Description;
import io.dnvme.disk.format.DiskFormatOptions;
import io.dnvme.disk.format.DiskStore;
import io.dnvme.disk.format.StoreOutcome;
import io.dnvme.nvme.vendor.DiskReply;
import io.dnvme.nvme.vendor.DiskRequest;
import io.dnvme.nvme.vendor.EntryResult;
import io.dnvme.nvme.vendor.LogicalDiskInfo;
import io.dnvme.nvme.vendor.NodeIdentity;
import io.dnvme.nvme.vendor.WireEpoch;
import io.dnvme.ownership.Holder;
import io.dnvme.ownership.LegRecord;
import io.dnvme.ownership.LegRecordCodec;
import io.dnvme.target.ana.AnaGroups;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.controller.ControllerLimits;
import io.dnvme.target.controller.Target;
import io.dnvme.target.controller.TargetObserver;
import io.dnvme.target.discovery.Discovery;
import io.dnvme.target.discovery.Portals;
import io.dnvme.target.queue.TransportLimits;
import io.dnvme.target.subsystem.ConnectGate;
import io.dnvme.target.subsystem.HostAccess;
import io.dnvme.target.subsystem.Subsystem;
import io.dnvme.target.subsystem.SubsystemIdentity;
import io.dnvme.target.subsystem.SubsystemLimits;
import io.dnvme.target.subsystem.Subsystems;
import io.dnvme.target.subsystem.VendorCommands;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DiskNodeRulesTest {

  private static final long EXTENT_BYTES = 4L << 20;
  private static final int BLOCK = 4096;
  private static final long LONG_NANOS = 60_000_000_000L;
  private static final UUID CLUSTER = new UUID(1, 1);
  private static final UUID OWNER = new UUID(2, 1);
  private static final UUID OTHER = new UUID(2, 2);
  private static final Epoch FIVE = new Epoch(5, OWNER);
  private static final LegPlan PLAN = plan(new UUID(3, 1));
  private static final UUID LEG = LegPlan.leg(PLAN.disk());

  /** Of the leg, and of its record, too. */
  private static final UUID MEMBER = PLAN.logicalDisk(0);

  /** Of the leg, whose record does not have it any more. */
  private static final UUID LEFT_OVER = new UUID(4, 1);

  private final ManualReactor reactor = new ManualReactor();
  private final Subsystems subsystems = new Subsystems();
  private MemoryDevice device;
  private DiskStore disk;
  private LogicalDiskExports exports;
  private DiskNodeRules rules;

  private static LegPlan plan(UUID virtualDisk) {
    return new LegPlan(virtualDisk, "disk", BLOCK, 1 << 20, 400, List.of(List.of(new UUID(5, 1))));
  }

  @BeforeEach
  void open() throws DeviceOpenException {
    open(8);
  }

  private void open(int extents) throws DeviceOpenException {
    device = new MemoryDevice(new BlockGeometry(BLOCK, extents * EXTENT_BYTES / BLOCK));
    DiskFormatOptions format =
        DiskFormatOptions.defaults(CLUSTER, new UUID(6, 1))
            .withExtentBytes(EXTENT_BYTES)
            .withRecordPages(4);
    this.<StoreOutcome<UUID>>await(done -> DiskStore.format(reactor, device, format, done));
    StoreOutcome<DiskStore> opened =
        await(done -> DiskStore.open(reactor, device, CLUSTER, new UUID(7, 1), Set.of(), done));
    disk = ((StoreOutcome.Done<DiskStore>) opened).value();
    exports = new LogicalDiskExports(reactor, subsystems, target(), disk, "1.0", Set.of());
    rules = rules(DiskNodeRules.MAX_LOGICAL_DISKS);
  }

  private Target target() {
    return new Target(
        subsystems,
        new Discovery(reactor, subsystems, new Portals(), ControllerLimits.MIN_QUEUE_ENTRIES),
        TransportLimits.DEFAULT,
        ControllerLimits.DEFAULT,
        TargetObserver.NONE);
  }

  @AfterEach
  void close() {
    device.close();
    reactor.close();
  }

  private DiskNodeRules rules(int maxLogicalDisks) {
    var admissions = new Admissions(reactor, DiskNodeRules.admissionStore(disk), exports);
    var identity =
        new NodeIdentity(
            new UUID(2, 1),
            CLUSTER,
            new UUID(6, 1),
            disk.diskId(),
            disk.powerIncarnation(),
            NodeIdentity.HAS_LOGICAL_DISKS,
            1,
            1);
    return new DiskNodeRules(reactor, identity, disk, null, admissions, maxLogicalDisks);
  }

  private <T> T await(Consumer<Consumer<T>> work) {
    var outcomes = new ArrayList<T>();
    reactor.run(() -> work.accept(outcomes::add));
    reactor.advance(LONG_NANOS);
    assertThat(outcomes).hasSize(1);
    return outcomes.getFirst();
  }

  private List<EntryResult> ask(UUID caller, DiskRequest... requests) {
    List<DiskReply> replies = await(done -> rules.logicalDisks(caller, List.of(requests), done));
    return replies.stream().map(DiskReply::result).toList();
  }

  private void assertFree(UUID caller, Epoch epoch, LegRecord proof, EntryResult result) {
    byte[] body = proof == null ? new byte[0] : LegRecordCodec.encode(proof);
    assertThat(ask(caller, DiskRequest.free(LEFT_OVER, RecordMessages.wire(epoch), body)))
        .containsExactly(result);
  }

  private void allocated(UUID logicalDisk, Epoch admitted) {
    assertThat(ask(OWNER, DiskRequest.allocate(logicalDisk, LEG, EXTENT_BYTES)))
        .containsExactly(EntryResult.DONE);
    if (!admitted.isNone()) {
      assertThat(ask(OWNER, DiskRequest.admit(logicalDisk, RecordMessages.wire(admitted))))
          .containsExactly(EntryResult.DONE);
    }
  }

  private static LegRecord record(LegPlan plan, Epoch epoch) {
    return plan.firstRecord(OWNER, List.of(new Holder(new UUID(8, 1), ""))).claimedBy(epoch, OWNER);
  }

  @Test
  void free_ofWhatNeverAdmitted_needsNoProof_andAfterwardsDoes() {
    allocated(LEFT_OVER, Epoch.NONE);
    assertFree(OTHER, FIVE, null, EntryResult.INVALID);
    assertFree(OTHER, Epoch.NONE, null, EntryResult.DONE);
    assertFree(OTHER, Epoch.NONE, null, EntryResult.UNKNOWN);
    allocated(LEFT_OVER, FIVE);
    assertFree(OTHER, Epoch.NONE, null, EntryResult.NOT_PERMITTED);
  }

  @Test
  void free_byTheOwner_needsItsRecordWithoutTheLogicalDisk() {
    allocated(LEFT_OVER, FIVE);
    assertFree(OWNER, FIVE, null, EntryResult.INVALID);
    assertFree(OTHER, FIVE, record(PLAN, FIVE), EntryResult.INVALID);
    assertFree(OWNER, FIVE, record(PLAN, new Epoch(4, OWNER)), EntryResult.INVALID);
    assertFree(OWNER, FIVE, record(plan(new UUID(3, 2)), FIVE), EntryResult.INVALID);
    var later = new Epoch(6, OWNER);
    assertFree(OWNER, later, record(PLAN, later), EntryResult.NOT_PERMITTED);
    assertThat(disk.find(LEFT_OVER)).isPresent();
    assertFree(OWNER, FIVE, record(PLAN, FIVE), EntryResult.DONE);
    assertThat(disk.find(LEFT_OVER)).isEmpty();
  }

  @Test
  void free_ofALogicalDiskThatTheRecordHas_isInvalid() {
    allocated(MEMBER, FIVE);
    byte[] proof = LegRecordCodec.encode(record(PLAN, FIVE));
    assertThat(ask(OWNER, DiskRequest.free(MEMBER, RecordMessages.wire(FIVE), proof)))
        .containsExactly(EntryResult.INVALID);
  }

  /** One wrong entry in a batch must not cost another leg its data. */
  @Test
  void free_onADeletedRecord_isOfThatLegOnly() {
    allocated(LEFT_OVER, FIVE);
    LegRecord others = record(plan(new UUID(3, 2)), new Epoch(100, OTHER));
    assertFree(OTHER, Epoch.NONE, others.asDeleted(), EntryResult.INVALID);
    assertThat(disk.find(LEFT_OVER)).isPresent();
    assertFree(OTHER, Epoch.NONE, record(PLAN, FIVE).asDeleted(), EntryResult.DONE);
  }

  private DiskReply reply(DiskRequest request) {
    return reply(OTHER, request);
  }

  private DiskReply reply(UUID caller, DiskRequest request) {
    List<DiskReply> replies = await(done -> rules.logicalDisks(caller, List.of(request), done));
    return replies.getFirst();
  }

  private static DiskRequest grow(UUID logicalDisk, long sizeBytes) {
    return DiskRequest.grow(logicalDisk, RecordMessages.wire(FIVE), sizeBytes);
  }

  @Test
  void grow_isTheOwnersMatter() {
    allocated(MEMBER, FIVE);
    var six = new WireEpoch(6, OWNER);
    for (WireEpoch epoch : List.of(WireEpoch.NONE, new WireEpoch(4, OWNER), six)) {
      assertThat(ask(OWNER, DiskRequest.grow(MEMBER, epoch, 2 * EXTENT_BYTES)))
          .containsExactly(EntryResult.NOT_PERMITTED);
    }
    DiskReply refused = reply(grow(MEMBER, 2 * EXTENT_BYTES));
    assertThat(refused.result())
        .as("the owner's epoch, of another")
        .isEqualTo(EntryResult.NOT_PERMITTED);
    assertThat(refused.admitted()).isEqualTo(RecordMessages.wire(FIVE));
    assertThat(refused.sizeBytes()).isEqualTo(EXTENT_BYTES);
    assertThat(ask(OWNER, DiskRequest.admit(MEMBER, six))).containsExactly(EntryResult.DONE);
    assertThat(ask(OWNER, grow(MEMBER, 2 * EXTENT_BYTES)))
        .as("it was the owner")
        .containsExactly(EntryResult.NOT_PERMITTED);
    assertThat(ask(OWNER, DiskRequest.grow(MEMBER, six, 2 * EXTENT_BYTES)))
        .containsExactly(EntryResult.DONE);
  }

  @Test
  void grow_ofWhatNeverAdmittedAnEpoch_needsNone() {
    allocated(MEMBER, Epoch.NONE);
    assertThat(ask(OTHER, grow(MEMBER, 2 * EXTENT_BYTES)))
        .containsExactly(EntryResult.NOT_PERMITTED);
    assertThat(ask(OTHER, DiskRequest.grow(MEMBER, WireEpoch.NONE, 2 * EXTENT_BYTES)))
        .containsExactly(EntryResult.DONE);
  }

  @Test
  void grow_makesItThatLarge_neverSmaller_andWhatCannotBeChangesNothing() {
    allocated(MEMBER, FIVE);
    long freeBytes = reply(DiskRequest.usage()).freeBytes();
    DiskReply grown = reply(OWNER, grow(MEMBER, 2 * EXTENT_BYTES + 1));
    assertThat(grown.result()).isEqualTo(EntryResult.DONE);
    assertThat(grown.sizeBytes()).isEqualTo(3 * EXTENT_BYTES);
    assertThat(grown.leg()).isEqualTo(LEG);
    assertThat(reply(DiskRequest.usage()).freeBytes()).isEqualTo(freeBytes - 2 * EXTENT_BYTES);
    assertThat(ask(OWNER, grow(MEMBER, 1), grow(MEMBER, 3 * EXTENT_BYTES)))
        .containsExactly(EntryResult.INVALID, EntryResult.DONE);
    assertThat(reply(OWNER, grow(MEMBER, 1)).sizeBytes()).isEqualTo(3 * EXTENT_BYTES);
    DiskReply full = reply(OWNER, grow(MEMBER, 100 * EXTENT_BYTES));
    assertThat(full.result()).isEqualTo(EntryResult.FULL);
    assertThat(full.freeBytes()).isEqualTo(freeBytes - 2 * EXTENT_BYTES);
    assertThat(ask(OWNER, grow(MEMBER, 0), grow(MEMBER, Long.MAX_VALUE)))
        .containsExactly(EntryResult.INVALID, EntryResult.INVALID);
    assertThat(ask(OWNER, grow(LEFT_OVER, 1))).containsExactly(EntryResult.UNKNOWN);
    assertThat(reply(DiskRequest.usage()).freeBytes()).isEqualTo(freeBytes - 2 * EXTENT_BYTES);
    assertThat(disk.find(MEMBER).orElseThrow().extentCount()).isEqualTo(3);
  }

  @Test
  void list_isInOrder_andGoesOnBehindTheLastOne() throws DeviceOpenException {
    device.close();
    int count = LogicalDiskInfo.MAX_IN_BODY + 2;
    open(count + 2);
    var expected = new ArrayList<UUID>();
    for (int i = 0; i < count; i++) {
      // The highest bit is no sign here.
      UUID id = new UUID((long) i << 52 | 1, i);
      expected.add(id);
      assertThat(ask(OWNER, DiskRequest.allocate(id, LEG, 1))).containsExactly(EntryResult.DONE);
    }
    var found = new ArrayList<UUID>();
    DiskReply reply;
    UUID behind = DiskRequest.NONE;
    int asked = 0;
    do {
      reply = reply(DiskRequest.list(behind));
      List<LogicalDiskInfo> infos = LogicalDiskInfo.decode(reply.body());
      infos.forEach(info -> found.add(info.disk()));
      behind = found.getLast();
      asked++;
    } while (reply.more());
    assertThat(asked).isEqualTo(2);
    assertThat(found).containsExactlyElementsOf(expected);
    assertThat(LogicalDiskInfo.decode(reply(DiskRequest.list(behind)).body())).isEmpty();
    DiskReply usage = reply(DiskRequest.usage());
    assertThat(usage.sizeBytes() - usage.freeBytes()).isEqualTo(count * EXTENT_BYTES);
    assertThat(usage.blockSizeBytes()).isEqualTo(BLOCK);
  }

  @Test
  void logicalDisksBeyondTheLimit_areRefused_andThoseThatAreThereAreNot() {
    rules = rules(2);
    UUID second = new UUID(4, 2);
    UUID third = new UUID(4, 3);
    assertThat(
            ask(
                OWNER,
                DiskRequest.allocate(LEFT_OVER, LEG, EXTENT_BYTES),
                DiskRequest.allocate(second, LEG, EXTENT_BYTES),
                DiskRequest.allocate(third, LEG, EXTENT_BYTES)))
        .containsExactly(EntryResult.DONE, EntryResult.DONE, EntryResult.FULL);
    assertThat(ask(OWNER, DiskRequest.allocate(second, LEG, EXTENT_BYTES)))
        .containsExactly(EntryResult.DONE);
    assertThat(DiskNodeRules.MAX_LOGICAL_DISKS)
        .as("all of them can be served, beside the node itself")
        .isLessThan(Subsystems.MAX_SUBSYSTEMS);
  }

  private DiskReply allocate(UUID logicalDisk, UUID leg, int purpose, int purposeBytes) {
    byte[] body = new byte[purposeBytes];
    Arrays.fill(body, (byte) purpose);
    DiskRequest request = DiskRequest.allocate(logicalDisk, leg, EXTENT_BYTES, body);
    List<DiskReply> replies = await(done -> rules.logicalDisks(OWNER, List.of(request), done));
    return replies.getFirst();
  }

  @Test
  void allocation_ofALegForAnotherPurpose_isAConflict_andSaysWithWhat() {
    UUID second = new UUID(4, 2);
    int most = DiskRequest.MAX_PURPOSE_BYTES;
    assertThat(most).isEqualTo(Description.MAX_BYTES);
    assertThat(allocate(MEMBER, LEG, 1, most).result()).isEqualTo(EntryResult.DONE);
    assertThat(allocate(MEMBER, LEG, 1, most).result()).isEqualTo(EntryResult.DONE);
    for (UUID logicalDisk : List.of(MEMBER, second)) {
      DiskReply reply = allocate(logicalDisk, LEG, 2, most);
      assertThat(reply.result()).isEqualTo(EntryResult.CONFLICT);
      assertThat(reply.leg()).isEqualTo(LEG);
    }
    assertThat(allocate(second, LEG, 1, most).result()).isEqualTo(EntryResult.DONE);
    assertThat(allocate(LEFT_OVER, LEG, 0, 0).result())
        .as("its owner's")
        .isEqualTo(EntryResult.DONE);
    assertThat(allocate(LEFT_OVER, LEG, 1, 4).result()).isEqualTo(EntryResult.CONFLICT);
    assertThat(allocate(new UUID(4, 3), new UUID(3, 9), 2, 4).result()).isEqualTo(EntryResult.DONE);
  }

  @Test
  void allocation_forMoreThanANodeKeeps_isInvalid() {
    assertThat(allocate(MEMBER, LEG, 1, DiskRequest.MAX_PURPOSE_BYTES + 1).result())
        .isEqualTo(EntryResult.INVALID);
    assertThat(disk.find(MEMBER)).isEmpty();
  }

  /** Else its gate would stay shut for ever, and a restart would not come to its end. */
  @Test
  void logicalDiskThatCannotBeServed_isFailed_andTheNextAdmissionIsAnswered() {
    allocated(LEFT_OVER, Epoch.NONE);
    String name = NodeNames.logicalDisk(LEFT_OVER, FIVE);
    subsystems.add(
        new Subsystem(
            new SubsystemIdentity(name, "1", "1.0"),
            new SubsystemLimits(1, 16, 16, 1),
            new AnaGroups(reactor, 1, AnaState.OPTIMIZED),
            HostAccess.ANY,
            VendorCommands.NONE,
            ConnectGate.OPEN));
    WireEpoch epoch = RecordMessages.wire(FIVE);
    assertThat(ask(OWNER, DiskRequest.admit(LEFT_OVER, epoch)))
        .as("a subsystem of that name is there already")
        .containsExactly(EntryResult.FAILED);
    subsystems.remove(name);
    assertThat(ask(OWNER, DiskRequest.admit(LEFT_OVER, epoch))).containsExactly(EntryResult.DONE);
  }
}
