package io.dnvme.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import io.dnvme.block.VirtualTime;
import io.dnvme.nvme.IdentifyController;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.ReadWriteCommand;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.SubmissionQueueEntry;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RemoteNamespaceTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final int BLOCK = FakeTarget.BLOCK_BYTES;

  /** MDTS of the fake target. */
  private static final int MAX_TRANSFER_BYTES = 64 << 10;

  private final VirtualTime time = new VirtualTime();
  private final ManualReactor one = new ManualReactor(time, 0);
  private final ManualReactor two = new ManualReactor(time, 1);
  private final FakeTarget target = new FakeTarget();
  private final List<BlockStatus> outcomes = new ArrayList<>();
  private HostController controller;
  private RemoteNamespace namespace;

  @AfterEach
  void nothingIsLeft() {
    target.unreachable = false;
    one.run(controller::shutdown);
    time.advance(60 * SECOND);
    assertThat(controller.state()).isEqualTo(ControllerState.CLOSED);
    assertThat(time.alarmsPending()).isZero();
    one.close();
    two.close();
  }

  private void start(QueueOptions queues, LossPolicy policy) {
    controller =
        new HostController(
            new ControllerOptions(
                new InetSocketAddress("127.0.0.1", 4420),
                "nqn.2026-01.org.example:fake",
                HostIdentity.of(new UUID(3, 4)),
                0,
                queues,
                ReconnectOptions.DEFAULT.withLossPolicy(policy)),
            one,
            List.of(one),
            target,
            new Random(1),
            new ControllerListener() {});
    one.run(controller::start);
    time.settle();
    namespace = controller.namespace(1);
    assertThat(namespace).isNotNull();
    target.seen.clear();
  }

  private void start() {
    start(QueueOptions.of(1), LossPolicy.WAIT);
  }

  private BlockIo io(ManualReactor reactor, BlockOp op, long start, long count) {
    var io = new BlockIo(reactor);
    return io.prepare(op, start, count)
        .onCompletion(
            done -> {
              assertThat(done.reactor().inReactor()).isTrue();
              outcomes.add(done.status());
            },
            null);
  }

  private void submit(BlockIo io) {
    ((ManualReactor) io.reactor()).run(() -> namespace.submit(io));
    time.settle();
  }

  private BlockStatus run(BlockIo io) {
    submit(io);
    time.advance(10 * SECOND);
    assertThat(outcomes).hasSize(1);
    return outcomes.removeFirst();
  }

  private static MemorySegment content(long bytes, long seed) {
    byte[] content = new byte[(int) bytes];
    new Random(seed).nextBytes(content);
    MemorySegment segment = TargetPdus.bytes(bytes);
    segment.copyFrom(MemorySegment.ofArray(content));
    return segment;
  }

  private BlockIo write(long start, MemorySegment data) {
    BlockIo io = io(one, BlockOp.WRITE, start, data.byteSize() / BLOCK);
    io.data().add(data, 0, data.byteSize());
    return io;
  }

  private BlockIo read(long start, MemorySegment data) {
    BlockIo io = io(one, BlockOp.READ, start, data.byteSize() / BLOCK);
    io.data().add(data, 0, data.byteSize());
    return io;
  }

  private BlockIo compareAndWrite(MemorySegment expected, MemorySegment content) {
    BlockIo io = io(one, BlockOp.COMPARE_AND_WRITE, 0, 1);
    io.compareData().add(expected, 0, BLOCK);
    io.data().add(content, 0, BLOCK);
    return io;
  }

  /** Commands of {@code opcode} get {@code status} as many times, then the truth. */
  private void refuse(int opcode, int status, int times) {
    int[] left = {times};
    target.refusals = (entry, qid) -> entry.opc() == opcode && left[0]-- > 0 ? status : null;
  }

  private long blocksOf(SubmissionQueueEntry entry) {
    return new ReadWriteCommand().wrap(entry.segment(), entry.offset()).blocks();
  }

  @ParameterizedTest
  @CsvSource({"512", "4096", "8192", "65536"})
  void written_isRead(int bytes) {
    start();
    MemorySegment content = content(bytes, 1);
    assertThat(run(write(5, content))).isEqualTo(BlockStatus.SUCCESS);
    MemorySegment read = TargetPdus.bytes(bytes);
    assertThat(run(read(5, read))).isEqualTo(BlockStatus.SUCCESS);
    assertThat(read.mismatch(content)).isEqualTo(-1);
    assertThat(namespace.counters().sum(c -> c.bytes(BlockOp.READ))).isEqualTo(bytes);
    assertThat(namespace.counters().sum(c -> c.inFlight())).isZero();
  }

  @Test
  void traits_followTheTarget() {
    start();
    assertThat(namespace.traits().maxTransferBytes()).isEqualTo(MAX_TRANSFER_BYTES);
    assertThat(namespace.traits().volatileCache()).isTrue();
    assertThat(namespace.traits().deallocates()).isTrue();
    assertThat(run(write(0, content(MAX_TRANSFER_BYTES + BLOCK, 1))))
        .isEqualTo(BlockStatus.INVALID);
    assertThat(run(read(target.blocks, content(BLOCK, 1)))).isEqualTo(BlockStatus.OUT_OF_RANGE);
  }

  @Test
  void reactorWithoutQueue_isServedAndToldAtHome() {
    start();
    MemorySegment content = content(BLOCK, 2);
    BlockIo write = io(two, BlockOp.WRITE, 3, 1);
    write.data().add(content, 0, BLOCK);
    assertThat(run(write)).isEqualTo(BlockStatus.SUCCESS);
    assertThat(target.disk.asSlice(3 * BLOCK, BLOCK).mismatch(content)).isEqualTo(-1);
    assertThat(run(io(two, BlockOp.READ, -1, 1))).isEqualTo(BlockStatus.OUT_OF_RANGE);
  }

  @Test
  void unitAccess_isPassedOn() {
    start();
    submit(write(0, content(BLOCK, 3)).forceUnitAccess(true));
    var command = new ReadWriteCommand();
    SubmissionQueueEntry entry = target.seen.getLast();
    assertThat(command.wrap(entry.segment(), entry.offset()).isFua()).isTrue();
  }

  @Test
  void fullQueue_waitsWithinItsLimit_thenIsBusy() {
    start(QueueOptions.of(1).withDepth(2).withMaxWaiting(3), LossPolicy.WAIT);
    target.refusals = (entry, qid) -> FakeTarget.HELD;
    for (int i = 0; i < 7; i++) {
      submit(io(one, BlockOp.FLUSH, 0, 0));
    }
    assertThat(target.seen).hasSize(2);
    assertThat(outcomes).containsExactly(BlockStatus.BUSY, BlockStatus.BUSY);
    outcomes.clear();
    for (int i = 0; i < 5; i++) {
      target.session(1).answer(target.seen.get(i).cid(), 0, 0);
      time.settle();
    }
    assertThat(outcomes).hasSize(5).containsOnly(BlockStatus.SUCCESS);
  }

  @Test
  void writeZeroes_isCutByMdts() {
    start();
    MemorySegment all = content(target.disk.byteSize(), 4);
    target.disk.copyFrom(all);
    assertThat(run(io(one, BlockOp.WRITE_ZEROES, 1, 1000))).isEqualTo(BlockStatus.SUCCESS);
    assertThat(target.seen).hasSize(8);
    assertThat(target.seen.getFirst()).matches(entry -> blocksOf(entry) == 128);
    all.asSlice(BLOCK, 1000 * BLOCK).fill((byte) 0);
    assertThat(target.disk.mismatch(all)).isEqualTo(-1);
  }

  @Test
  void writeZeroes_isCutByWzslWhereStated() {
    target.wzsl = 9;
    start();
    assertThat(run(io(one, BlockOp.WRITE_ZEROES, 0, 10_000))).isEqualTo(BlockStatus.SUCCESS);
    assertThat(target.seen).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource({"9,13,2500,8,0,true", "1,13,2500,8,2500,true", "0,13,2500,8,0,false"})
  void deallocate_zeroesWhateverTheTargetHas(
      int dlfeat, int oncs, int count, int wzsl, int deallocated, boolean deallocates) {
    target.dlfeat = dlfeat;
    target.wzsl = wzsl;
    target.identifyController = data -> data.set(IdentifyController.ONCS, oncs);
    start();
    target.disk.copyFrom(content(target.disk.byteSize(), 5));
    assertThat(namespace.traits().deallocates()).isEqualTo(deallocates);
    assertThat(run(io(one, BlockOp.DEALLOCATE, 7, count))).isEqualTo(BlockStatus.SUCCESS);
    MemorySegment zeroed = target.disk.asSlice(7 * BLOCK, (long) count * BLOCK);
    assertThat(zeroed.mismatch(TargetPdus.bytes((long) count * BLOCK))).isEqualTo(-1);
    assertThat(target.deallocated).isEqualTo(deallocated);
    var first = new ReadWriteCommand();
    SubmissionQueueEntry entry = target.seen.getFirst();
    assertThat(first.wrap(entry.segment(), entry.offset()).isDeallocate()).isEqualTo(dlfeat == 9);
  }

  @Test
  void withoutWriteZeroes_zeroesAreWritten() {
    target.identifyController = data -> data.set(IdentifyController.ONCS, 0);
    start();
    target.disk.copyFrom(content(target.disk.byteSize(), 6));
    assertThat(run(io(one, BlockOp.WRITE_ZEROES, 3, 300))).isEqualTo(BlockStatus.SUCCESS);
    assertThat(target.disk.asSlice(3 * BLOCK, 300 * BLOCK).mismatch(TargetPdus.bytes(300 * BLOCK)))
        .isEqualTo(-1);
    assertThat(target.seen).hasSize(3).allMatch(entry -> entry.opc() == IoOpcode.WRITE);
    assertThat(run(write(0, content(BLOCK, 1)))).isEqualTo(BlockStatus.SUCCESS);
    BlockIo compare = io(one, BlockOp.COMPARE, 0, 1);
    compare.data().add(content(BLOCK, 1), 0, BLOCK);
    assertThat(run(compare)).isEqualTo(BlockStatus.INVALID);
  }

  /** As the Linux target answers over a file system that cannot zero. */
  @ParameterizedTest
  @EnumSource(names = {"COMMAND_SIZE_LIMIT_EXCEEDED", "INVALID_OPCODE"})
  void refusedWriteZeroes_zeroesAreWritten_andItIsNotTriedAgain(StatusCode refusal) {
    start();
    target.refusals = (entry, qid) -> entry.opc() == IoOpcode.WRITE_ZEROES ? refusal.dnr() : null;
    target.disk.copyFrom(content(target.disk.byteSize(), 8));
    assertThat(run(io(one, BlockOp.WRITE_ZEROES, 3, 300))).isEqualTo(BlockStatus.SUCCESS);
    assertThat(run(io(one, BlockOp.DEALLOCATE, 400, 10))).isEqualTo(BlockStatus.SUCCESS);
    for (long[] range : new long[][] {{3, 300}, {400, 10}}) {
      MemorySegment zeroed = target.disk.asSlice(range[0] * BLOCK, range[1] * BLOCK);
      assertThat(zeroed.mismatch(TargetPdus.bytes(range[1] * BLOCK))).isEqualTo(-1);
    }
    assertThat(target.seen).filteredOn(entry -> entry.opc() == IoOpcode.WRITE_ZEROES).hasSize(1);
    assertThat(namespace.traits().deallocates()).isFalse();
    assertThat(controller.state()).isEqualTo(ControllerState.LIVE);
  }

  @Test
  void compareAndWrite_isFused() {
    start();
    MemorySegment zero = TargetPdus.bytes(BLOCK);
    MemorySegment content = content(BLOCK, 7);
    assertThat(run(compareAndWrite(content, content))).isEqualTo(BlockStatus.COMPARE_FAILED);
    assertThat(run(compareAndWrite(zero, content))).isEqualTo(BlockStatus.SUCCESS);
    assertThat(target.disk.asSlice(0, BLOCK).mismatch(content)).isEqualTo(-1);
    assertThat(target.seen).extracting(entry -> entry.flags() & 3).containsExactly(1, 2, 1, 2);
  }

  @Test
  void compareAndWrite_withoutFusedOperation_isInvalid() {
    target.identifyController = data -> data.set(IdentifyController.FUSES, 0);
    start();
    MemorySegment zero = TargetPdus.bytes(BLOCK);
    assertThat(run(compareAndWrite(zero, zero))).isEqualTo(BlockStatus.INVALID);
  }

  @Test
  void compareAndWrite_inAQueueOfOne_isInvalid() {
    start(QueueOptions.of(1).withDepth(1), LossPolicy.WAIT);
    MemorySegment zero = TargetPdus.bytes(BLOCK);
    assertThat(run(compareAndWrite(zero, zero))).isEqualTo(BlockStatus.INVALID);
  }

  @Test
  void transientStatus_isRetriedALimitedNumberOfTimes() {
    start();
    refuse(IoOpcode.FLUSH, StatusCode.COMMAND_INTERRUPTED.status(), IoQueue.MAX_RETRIES);
    assertThat(run(io(one, BlockOp.FLUSH, 0, 0))).isEqualTo(BlockStatus.SUCCESS);
    assertThat(controller.queueCounters().getFirst().retried()).isEqualTo(IoQueue.MAX_RETRIES);
    refuse(IoOpcode.FLUSH, StatusCode.COMMAND_INTERRUPTED.status(), IoQueue.MAX_RETRIES + 1);
    assertThat(run(io(one, BlockOp.FLUSH, 0, 0)))
        .as("an overload is no fault of the medium")
        .isEqualTo(BlockStatus.BUSY);
  }

  @Test
  void retryDelay_isTheOneThatTheTargetStates() {
    start();
    int status = Status.withRetryDelay(StatusCode.COMMAND_INTERRUPTED.status(), 1);
    refuse(IoOpcode.FLUSH, status, 1);
    submit(io(one, BlockOp.FLUSH, 0, 0));
    time.advance(3 * SECOND - 1);
    assertThat(target.seen).hasSize(1);
    time.advance(1);
    assertThat(outcomes).containsExactly(BlockStatus.SUCCESS);
  }

  @ParameterizedTest
  @EnumSource(
      value = StatusCode.class,
      names = {
        "COMMAND_INTERRUPTED", "WRITE_FAULT", "LBA_OUT_OF_RANGE", "CAPACITY_EXCEEDED",
        "INVALID_FIELD", "ANA_INACCESSIBLE", "RESERVATION_CONFLICT", "INVALID_NAMESPACE_OR_FORMAT"
      })
  void finalStatus_isMappedAndNotRetried(StatusCode code) {
    start();
    refuse(IoOpcode.WRITE, code.dnr(), 1);
    BlockStatus expected =
        switch (code) {
          case LBA_OUT_OF_RANGE -> BlockStatus.OUT_OF_RANGE;
          case CAPACITY_EXCEEDED -> BlockStatus.CAPACITY_EXCEEDED;
          case INVALID_FIELD -> BlockStatus.INVALID;
          case ANA_INACCESSIBLE -> BlockStatus.PATH_LOST;
          case INVALID_NAMESPACE_OR_FORMAT -> BlockStatus.FAILED;
          default -> BlockStatus.WRITE_FAULT;
        };
    assertThat(run(write(0, content(BLOCK, 8)))).isEqualTo(expected);
    assertThat(target.seen).hasSize(1);
  }

  @Test
  void loss_waiting_resendsWhatWasInFlightAndWhatWaited() {
    start(QueueOptions.of(1).withDepth(1), LossPolicy.WAIT);
    target.refusals = (entry, qid) -> qid == 1 ? FakeTarget.HELD : null;
    MemorySegment content = content(BLOCK, 9);
    submit(write(0, content));
    submit(io(one, BlockOp.FLUSH, 0, 0));
    target.refusals = (entry, qid) -> null;
    target.crash();
    time.settle();
    assertThat(outcomes).isEmpty();
    time.advance(SECOND);
    assertThat(outcomes).containsExactly(BlockStatus.SUCCESS, BlockStatus.SUCCESS);
    assertThat(target.disk.asSlice(0, BLOCK).mismatch(content)).isEqualTo(-1);
    assertThat(controller.queueCounters().getFirst().resent()).isEqualTo(1);
  }

  @Test
  void loss_failing_tellsAtOnce() {
    start(QueueOptions.of(1).withDepth(1), LossPolicy.FAIL);
    target.refusals = (entry, qid) -> qid == 1 ? FakeTarget.HELD : null;
    submit(write(0, content(BLOCK, 9)));
    submit(io(one, BlockOp.FLUSH, 0, 0));
    target.refusals = (entry, qid) -> null;
    target.unreachable = true;
    target.crash();
    time.settle();
    submit(io(one, BlockOp.FLUSH, 0, 0));
    assertThat(outcomes).hasSize(3).containsOnly(BlockStatus.PATH_LOST);
    target.unreachable = false;
    time.advance(30 * SECOND);
    outcomes.clear();
    assertThat(run(io(one, BlockOp.FLUSH, 0, 0))).isEqualTo(BlockStatus.SUCCESS);
  }

  @Test
  void loss_neverResendsACompareAndWriteThatWasSent() {
    start();
    target.refusals = (entry, qid) -> qid == 1 ? FakeTarget.HELD : null;
    MemorySegment zero = TargetPdus.bytes(BLOCK);
    submit(compareAndWrite(zero, content(BLOCK, 10)));
    target.refusals = (entry, qid) -> null;
    target.crash();
    time.advance(SECOND);
    assertThat(outcomes).containsExactly(BlockStatus.PATH_LOST);
    assertThat(target.disk.asSlice(0, BLOCK).mismatch(zero)).isEqualTo(-1);
  }

  @Test
  void loss_inTheMiddleOfZeroing_goesOnWhereItWas() {
    start();
    target.disk.copyFrom(content(target.disk.byteSize(), 11));
    int[] pieces = {0};
    target.refusals =
        (entry, qid) -> {
          if (entry.opc() == IoOpcode.WRITE_ZEROES && ++pieces[0] == 4) {
            one.execute(target::crash);
            return FakeTarget.HELD;
          }
          return null;
        };
    submit(io(one, BlockOp.WRITE_ZEROES, 0, 1000));
    time.advance(SECOND);
    assertThat(outcomes).containsExactly(BlockStatus.SUCCESS);
    assertThat(pieces[0]).isEqualTo(9);
    assertThat(target.disk.asSlice(0, 1000 * BLOCK).mismatch(TargetPdus.bytes(1000 * BLOCK)))
        .isEqualTo(-1);
  }

  @Test
  void commandTimeout_losesTheAssociation_andTheCommandIsSentAgain() {
    start(QueueOptions.of(1).withCommandTimeoutNanos(SECOND), LossPolicy.WAIT);
    target.refusals = (entry, qid) -> qid == 1 ? FakeTarget.HELD : null;
    submit(io(one, BlockOp.FLUSH, 0, 0));
    target.cc = 0;
    time.advance(SECOND / 2);
    target.refusals = (entry, qid) -> null;
    time.advance(2 * SECOND);
    assertThat(outcomes).containsExactly(BlockStatus.SUCCESS);
    assertThat(controller.counters().losses()).isEqualTo(1);
  }

  @Test
  void closed_commandsFail() {
    target.identifyController = data -> data.set(IdentifyController.VWC, 0);
    start();
    namespace.close();
    namespace.close();
    assertThat(run(io(one, BlockOp.FLUSH, 0, 0))).isEqualTo(BlockStatus.FAILED);
  }

  @Test
  void noBlocks_succeedWithoutTheTarget() {
    start();
    assertThat(run(io(one, BlockOp.DEALLOCATE, target.blocks, 0))).isEqualTo(BlockStatus.SUCCESS);
    assertThat(target.seen).isEmpty();
  }
}
