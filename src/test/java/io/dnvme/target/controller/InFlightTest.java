package io.dnvme.target.controller;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockOp;
import io.dnvme.block.FaultDevice;
import io.dnvme.nvme.ConnectCommand;
import io.dnvme.nvme.ConnectData;
import io.dnvme.nvme.DatasetRange;
import io.dnvme.nvme.FatalErrorStatus;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.Property;
import io.dnvme.nvme.Property.Cc;
import io.dnvme.nvme.Property.Csts;
import io.dnvme.nvme.ReservationKeys;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import io.dnvme.target.queue.TransportLimits;
import io.dnvme.target.reservation.ReservationRequest;
import io.dnvme.target.reservation.Reservations;
import io.dnvme.target.subsystem.Namespace;
import io.dnvme.target.subsystem.NamespaceIds;
import io.dnvme.target.subsystem.SubsystemLimits;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a device or another reactor still has when connections end. */
class InFlightTest {

  private static final int BLOCK = TestTarget.BLOCK_BYTES;
  private static final int WRITE_EXCLUSIVE = 1;
  private static final int PREEMPT_AND_ABORT = 2;

  private FaultDevice device;
  private final TestTarget target =
      new TestTarget(
          TransportLimits.DEFAULT,
          ControllerLimits.DEFAULT,
          new SubsystemLimits(1, 100, 8, 4),
          memory -> device = new FaultDevice(memory));
  private final TestHost host = new TestHost(target);

  @BeforeEach
  void bringUp() {
    host.bringUp();
  }

  @AfterEach
  void close() {
    letWriteGo();
    target.close();
  }

  private static int keys(TestHost host, int opcode, int cdw10, long first, long second) {
    var data = new byte[ReservationKeys.SIZE];
    new ReservationKeys()
        .wrap(MemorySegment.ofArray(data), 0)
        .set(ReservationKeys.CRKEY, first)
        .set(ReservationKeys.NRKEY, second);
    return host.io.submitInCapsule(
        data, sqe -> sqe.start(opcode, 0).nsid(1).cdw10(cdw10).sgl(0x01, 0, data.length));
  }

  private static int writeInCapsule(TestQueue queue, long slba) {
    return queue.submitInCapsule(
        TestHost.pattern(BLOCK, 9),
        sqe -> TestHost.rw(sqe, IoOpcode.WRITE, slba, 1).sglInCapsule(BLOCK));
  }

  private static void register(TestHost host, long key) {
    int cid = keys(host, IoOpcode.RESERVATION_REGISTER, 0, 0, key);
    assertThat(host.io.reply(cid).status()).isZero();
  }

  @Test
  void preempt_awaitsCommandsWhoseConnectionIsGone() {
    TestHost other = TestHost.other(target, 1).bringUp();
    register(host, 0xa);
    register(other, 0xb);
    device.inject(new FaultDevice.Fault.Hold()).on(BlockOp.WRITE);
    TestHost.submitWrite(other.io, 9, TestHost.pattern(BLOCK, 1));
    other.io.settle();
    other.io.hangUp();
    assertThat(device.held()).isEqualTo(1);
    int preempt =
        keys(
            host, IoOpcode.RESERVATION_ACQUIRE, PREEMPT_AND_ABORT | WRITE_EXCLUSIVE << 8, 0xa, 0xb);
    assertThat(host.io.hasReply(preempt)).as("before the late write is over").isFalse();
    device.heal();
    device.release();
    assertThat(host.io.reply(preempt).status()).isZero();
  }

  @Test
  void deallocationWhoseConnectionIsGone_beginsNoFurtherRange() {
    TestHost other = TestHost.other(target, 1).bringUp();
    device.inject(new FaultDevice.Fault.Hold()).on(BlockOp.DEALLOCATE);
    deallocate(other.io, 1, 7);
    other.io.settle();
    other.io.hangUp();
    assertThat(device.held()).isEqualTo(1);
    byte[] newer = TestHost.pattern(BLOCK, 5);
    assertThat(host.writeInCapsule(7, newer).status()).isZero();
    device.heal();
    device.release();
    host.io.settle();
    assertThat(host.read(7, 1).data()).isEqualTo(newer);
  }

  @Test
  void removedNamespace_takesNoCommandOnceItsEndIsAwaited() {
    TestQueue elsewhere = host.connectIo(2, target.otherReactor);
    device.inject(new FaultDevice.Fault.Hold()).on(BlockOp.WRITE);
    var late = new AtomicInteger();
    target.otherReactor.overtake(() -> late.set(writeInCapsule(elsewhere, 3)));
    target.subsystem.removeNamespace(1);
    target.reactor.settle();
    assertThat(late.get()).isPositive();
    assertThat(device.held()).as("commands for the removed namespace").isZero();
    assertThat(elsewhere.reply(late.get()).outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
  }

  @Test
  void namespaceToldOfTwice_keepsAwaitingWhatItHasInFlight() {
    var reservations = new Reservations(target.reactor);
    var namespace = new Namespace(1, TestTarget.NAMESPACE_IDS, 1, device, reservations);
    var attached =
        new AttachedNamespaces(target.target.controllers().find(TestTarget.NQN, host.cntlid));
    attached.add(namespace);
    UUID other = new UUID(1, 2);
    var statuses = new ArrayList<Integer>();
    for (ReservationRequest request :
        List.of(
            ReservationRequest.parseRegister(TestHost.ID, 0, 0, 0xa),
            ReservationRequest.parseRegister(other, 0, 0, 0xb))) {
      reservations.execute(target.reactor, request, statuses::add);
    }
    device.inject(new FaultDevice.Fault.Hold()).on(BlockOp.WRITE);
    writeInCapsule(host.io, 3);
    host.io.settle();
    reservations.execute(
        target.reactor,
        ReservationRequest.parseAcquire(other, PREEMPT_AND_ABORT | WRITE_EXCLUSIVE << 8, 0xb, 0xa),
        statuses::add);
    host.io.settle();
    attached.add(namespace);
    host.io.settle();
    assertThat(statuses).as("before the write is over").containsExactly(0, 0);
    device.heal();
    device.release();
    host.io.settle();
    assertThat(statuses).containsExactly(0, 0, 0);
  }

  private int holdWrite() {
    device.inject(new FaultDevice.Fault.Hold()).on(BlockOp.WRITE);
    int write = TestHost.submitWrite(host.io, 9, TestHost.pattern(BLOCK, 1));
    host.io.settle();
    assertThat(device.held()).isEqualTo(1);
    return write;
  }

  private void letWriteGo() {
    device.heal();
    device.release();
    target.reactor.settle();
  }

  private long csts() {
    return host.getProperty(Property.CSTS, 4).result();
  }

  @Test
  void reset_isOverWhenTheWriteIs() {
    holdWrite();
    host.setProperty(Property.CC, 0);
    assertThat(host.io.isClosed()).isTrue();
    assertThat(csts()).as("before the write is over").isEqualTo(Csts.RDY.of(1));
    letWriteGo();
    assertThat(csts()).isZero();
  }

  @Test
  void enablingDuringAReset_takesEffectWhenThatIsOver() {
    holdWrite();
    host.setProperty(Property.CC, 0);
    host.setProperty(Property.CC, TestHost.CC_ENABLE);
    assertThat(csts()).as("before the write is over").isZero();
    assertThat(host.identify(1, 0).outcome()).isEqualTo(StatusCode.COMMAND_SEQUENCE_ERROR.dnr());
    TestQueue early = target.connection().initialize();
    assertThat(StatusCode.CONNECT_INVALID_PARAMETERS.is(host.connectIo(early, 1).status()))
        .isTrue();
    letWriteGo();
    assertThat(csts()).isEqualTo(Csts.RDY.of(1));
    assertThat(host.identify(1, 0).status()).isZero();
    host.io = host.connectIo(1, target.reactor);
    assertThat(host.read(9, 1).data()).isEqualTo(TestHost.pattern(BLOCK, 1));
  }

  @Test
  void enablingAndDisablingDuringAReset_isNoEndOfIt() {
    holdWrite();
    host.setProperty(Property.CC, 0);
    host.setProperty(Property.CC, TestHost.CC_ENABLE);
    host.setProperty(Property.CC, 0);
    assertThat(csts()).as("before the write is over").isEqualTo(Csts.RDY.of(1));
    letWriteGo();
    assertThat(csts()).isZero();
  }

  @Test
  void enablingDuringAResetWithWhatThereIsNot_isAFatalStatusInTheEnd() {
    holdWrite();
    host.setProperty(Property.CC, 0);
    host.setProperty(Property.CC, Cc.MPS.with(TestHost.CC_ENABLE, 1));
    letWriteGo();
    assertThat(csts()).isEqualTo(Csts.CFS.of(1));
  }

  @Test
  void silentHostsController_isGoneWhenItsWriteIs() {
    holdWrite();
    target.time.advance(TimeUnit.MILLISECONDS.toNanos(TestHost.KATO_MS + KeepAlive.SLACK_MS));
    assertThat(target.ends).containsExactly(EndReason.KEEP_ALIVE_EXPIRED);
    assertThat(host.admin.isClosed()).isTrue();
    var told = new AtomicInteger();
    target.target.cut(one -> true, told::incrementAndGet);
    target.reactor.settle();
    assertThat(told).as("before the write is over").hasValue(0);
    assertThat(target.target.controllers().count()).isEqualTo(1);
    letWriteGo();
    assertThat(told).hasValue(1);
    assertThat(target.target.controllers().count()).isZero();
  }

  @Test
  void removedNamespace_knowsTheControllerUntilItsWriteIsOver() {
    TestHost other = TestHost.other(target, 1).bringUp();
    register(host, 0xa);
    register(other, 0xb);
    int write = holdWrite();
    Reservations reservations = target.subsystem.removeNamespace(1).reservations();
    host.io.settle();
    var statuses = new ArrayList<Integer>();
    reservations.execute(
        target.reactor,
        ReservationRequest.parseAcquire(
            other.id(), PREEMPT_AND_ABORT | WRITE_EXCLUSIVE << 8, 0xb, 0xa),
        statuses::add);
    host.io.settle();
    assertThat(statuses).as("before the write is over").isEmpty();
    letWriteGo();
    assertThat(statuses).containsExactly(0);
    assertThat(host.io.reply(write).status()).isZero();
  }

  @Test
  void finish_isToldWhenTheWriteIsAnswered() {
    int write = holdWrite();
    var told = new AtomicInteger();
    target.target.finish(one -> true, TimeUnit.SECONDS.toNanos(3), told::incrementAndGet);
    target.reactor.settle();
    assertThat(host.io.isClosed()).isFalse();
    assertThat(told).as("before the write is over").hasValue(0);
    letWriteGo();
    assertThat(host.io.reply(write).status()).isZero();
    host.admin.settle();
    assertThat(told).hasValue(1);
  }

  @Test
  void finishThatTakesTooLong_isToldWhenTheWriteIsOver() {
    holdWrite();
    var told = new AtomicInteger();
    target.target.finish(one -> true, TimeUnit.SECONDS.toNanos(3), told::incrementAndGet);
    target.time.advance(TimeUnit.SECONDS.toNanos(4));
    assertThat(host.io.isClosed()).isTrue();
    assertThat(told).as("before the write is over").hasValue(0);
    letWriteGo();
    assertThat(told).hasValue(1);
  }

  @Test
  void deallocation_beginsNoFurtherRangeOfANamespaceThatTookTheOthersPlace() {
    device.inject(new FaultDevice.Fault.Hold()).on(BlockOp.DEALLOCATE);
    int deallocate = deallocate(host.io, 1, 7);
    host.io.settle();
    assertThat(device.held()).isEqualTo(1);
    target.subsystem.removeNamespace(1);
    var another = new FaultDevice(target.memory);
    another.inject(new FaultDevice.Fault.Hold());
    UUID uuid = new UUID(5, 5);
    target.subsystem.addNamespace(
        new Namespace(
            1, new NamespaceIds(uuid, uuid, 0), 1, another, new Reservations(target.reactor)));
    target.reactor.settle();
    letWriteGo();
    int before = another.held();
    another.heal();
    another.release();
    assertThat(host.io.reply(deallocate).outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
    assertThat(before).as("ranges of the other namespace").isZero();
  }

  private static int deallocate(TestQueue queue, long first, long second) {
    var ranges = new byte[2 * DatasetRange.SIZE];
    new DatasetRange().wrap(MemorySegment.ofArray(ranges), 0).set(first, 1);
    new DatasetRange().wrap(MemorySegment.ofArray(ranges), DatasetRange.SIZE).set(second, 1);
    return queue.submitInCapsule(
        ranges,
        sqe ->
            sqe.start(IoOpcode.DATASET_MANAGEMENT, 0)
                .nsid(1)
                .cdw10(1)
                .cdw11(4)
                .sgl(0x01, 0, ranges.length));
  }

  @Test
  void connectionThatIsSentAwayDuringItsConnect_staysSo() {
    TestQueue queue = target.connection(target.otherReactor).initialize();
    byte[] data = new byte[ConnectData.SIZE];
    new ConnectData()
        .wrap(MemorySegment.ofArray(data), 0)
        .start()
        .hostid(TestHost.ID)
        .cntlid(host.cntlid)
        .subnqn(TestTarget.NQN)
        .hostnqn(TestHost.NQN);
    queue.submitInCapsule(
        data,
        sqe ->
            TestHost.as(new ConnectCommand(), sqe)
                .start(0)
                .qid(2)
                .sqsize(127)
                .sglInCapsule(ConnectData.SIZE));
    byte[] wrong = new byte[128];
    Arrays.fill(wrong, (byte) 0xff);
    queue.send(wrong);
    queue.settle();
    assertThat(queue.termFes()).isEqualTo(FatalErrorStatus.INVALID_PDU_HEADER_FIELD);
    assertThat(queue.isClosed()).isTrue();
  }
}
