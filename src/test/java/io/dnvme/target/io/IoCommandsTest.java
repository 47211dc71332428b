package io.dnvme.target.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.DeviceTraits;
import io.dnvme.nvme.AdminOpcode;
import io.dnvme.nvme.Command;
import io.dnvme.nvme.DatasetManagementCommand;
import io.dnvme.nvme.DatasetRange;
import io.dnvme.nvme.Feature;
import io.dnvme.nvme.IdentifyCommand;
import io.dnvme.nvme.IdentifyController;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.Property;
import io.dnvme.nvme.ReservationKeys;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import io.dnvme.target.ana.AnaState;
import io.dnvme.target.controller.ControllerLimits;
import io.dnvme.target.queue.TransportLimits;
import io.dnvme.target.subsystem.SubsystemLimits;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class IoCommandsTest {

  private static final int BLOCK = TestTarget.BLOCK_BYTES;

  /**
   * Notes what it is asked, says what the test says, has a cache and neither lends nor consumes.
   */
  private static final class Recorder implements BlockDevice {
    private final BlockDevice below;
    private final List<String> asked = new ArrayList<>();
    private final List<BlockIo> held = new ArrayList<>();
    private BlockStatus answer;
    private boolean holds;

    Recorder(BlockDevice below) {
      this.below = below;
    }

    @Override
    public BlockGeometry geometry() {
      return below.geometry();
    }

    @Override
    public DeviceTraits traits() {
      return new DeviceTraits(false, false, true, true, 512 << 10);
    }

    @Override
    public void submit(BlockIo io) {
      asked.add(
          io.op()
              + " "
              + io.startBlock()
              + "+"
              + io.blockCount()
              + (io.forceUnitAccess() ? " FUA" : "")
              + (io.mayDeallocate() ? " DEAC" : ""));
      if (holds) {
        held.add(io);
      } else if (answer != null) {
        io.complete(answer);
      } else if (io.op() == BlockOp.READ) {
        fill(io);
      } else {
        below.submit(io);
      }
    }

    /** The disk below lends; this one copies. */
    private void fill(BlockIo io) {
      var read = new BlockIo(io.reactor());
      read.prepare(BlockOp.READ, io.startBlock(), io.blockCount())
          .onCompletion(
              done -> {
                if (done.status().isSuccess()) {
                  var bytes = new byte[(int) done.data().lengthBytes()];
                  done.data().copyTo(MemorySegment.ofArray(bytes), 0);
                  io.data().copyFrom(MemorySegment.ofArray(bytes), 0);
                }
                BlockStatus status = done.status();
                done.release();
                io.complete(status);
              },
              null);
      below.submit(read);
    }

    @Override
    public void close() {
      below.close();
    }
  }

  private Recorder recorder;
  private final TestTarget target =
      new TestTarget(
          TransportLimits.DEFAULT,
          ControllerLimits.DEFAULT,
          new SubsystemLimits(1, 100, 8, 4),
          memory -> {
            recorder = new Recorder(memory);
            return recorder;
          });
  private final TestHost host = new TestHost(target);

  @BeforeEach
  void bringUp() {
    host.bringUp();
  }

  @AfterEach
  void close() {
    target.close();
  }

  private TestQueue.Reply rw(int opcode, long slba, int blocks, int control) {
    return host.io(
        new byte[blocks * BLOCK],
        sqe ->
            TestHost.rw(sqe, opcode, slba, blocks)
                .control(control)
                .sglTransport((long) blocks * BLOCK));
  }

  // Read, Write, Compare.

  @Test
  void writesAndReads_workOnADeviceThatNeedsBuffers() {
    byte[] small = TestHost.pattern(2 * BLOCK, 1);
    byte[] large = TestHost.pattern(64 * BLOCK, 2);
    assertThat(host.writeInCapsule(8, small).status()).isZero();
    assertThat(host.write(100, large).status()).isZero();
    assertThat(host.read(8, 2).data()).isEqualTo(small);
    assertThat(host.read(100, 64).data()).isEqualTo(large);
    assertThat(recorder.asked)
        .containsExactly("WRITE 8+2", "WRITE 100+64", "READ 8+2", "READ 100+64");
  }

  @Test
  void fua_reachesTheDevice_limitedRetryAndProtectionBitsAreIgnored() {
    rw(IoOpcode.WRITE, 1, 1, 1 << 14);
    rw(IoOpcode.READ, 2, 1, 1 << 14 | 1 << 15);
    rw(IoOpcode.WRITE, 3, 1, 0xf << 10 | 1 << 15);
    assertThat(recorder.asked).containsExactly("WRITE 1+1 FUA", "READ 2+1 FUA", "WRITE 3+1");
  }

  @Test
  void directives_areRefused() {
    assertThat(rw(IoOpcode.WRITE, 1, 1, 1 << 4).outcome())
        .isEqualTo(StatusCode.INVALID_FIELD.dnr());
    assertThat(recorder.asked).isEmpty();
  }

  @Test
  void writeCacheTurnedOff_makesEveryWriteFua() {
    assertThat(host.setFeature(Feature.VOLATILE_WRITE_CACHE, 0).status()).isZero();
    rw(IoOpcode.WRITE, 1, 1, 0);
    rw(IoOpcode.WRITE_ZEROES, 2, 1, 0);
    assertThat(host.getFeature(Feature.VOLATILE_WRITE_CACHE, 0).result()).isZero();
    assertThat(host.setFeature(Feature.VOLATILE_WRITE_CACHE, 1).status()).isZero();
    rw(IoOpcode.WRITE, 3, 1, 0);
    assertThat(recorder.asked)
        .containsExactly("FLUSH 0+0", "WRITE 1+1 FUA", "WRITE_ZEROES 2+1 FUA", "WRITE 3+1");
  }

  @Test
  void volatileCache_isSaidByIdentify() {
    IdentifyController data =
        new IdentifyController()
            .wrap(host.identify(IdentifyCommand.CNS_CONTROLLER, 0).segment(), 0);
    assertThat(data.get(IdentifyController.VWC)).isEqualTo(7);
  }

  @Test
  void compare_saysWhetherContentIsEqual() {
    byte[] data = TestHost.pattern(BLOCK, 4);
    host.writeInCapsule(5, data);
    TestQueue.Reply equal =
        host.io(data, sqe -> TestHost.rw(sqe, IoOpcode.COMPARE, 5, 1).sglTransport(BLOCK));
    assertThat(equal.status()).isZero();
    TestQueue.Reply differs =
        host.io(data, sqe -> TestHost.rw(sqe, IoOpcode.COMPARE, 6, 1).sglTransport(BLOCK));
    assertThat(differs.outcome()).isEqualTo(StatusCode.COMPARE_FAILURE.dnr());
  }

  @ParameterizedTest
  @ValueSource(ints = {IoOpcode.READ, IoOpcode.WRITE, IoOpcode.COMPARE, IoOpcode.WRITE_ZEROES})
  void ranges_areChecked(int opcode) {
    int out = StatusCode.LBA_OUT_OF_RANGE.dnr();
    assertThat(rw(opcode, TestTarget.BLOCKS, 1, 0).outcome()).isEqualTo(out);
    assertThat(rw(opcode, TestTarget.BLOCKS - 1, 2, 0).outcome()).isEqualTo(out);
    assertThat(rw(opcode, -1, 1, 0).outcome()).isEqualTo(out);
    assertThat(rw(opcode, Long.MIN_VALUE, 1, 0).outcome()).isEqualTo(out);
    assertThat(rw(opcode, Long.MAX_VALUE, 4, 0).outcome()).isEqualTo(out);
    assertThat(recorder.asked).isEmpty();
    assertThat(host.io.asked()).as("no data is asked for in vain").isEmpty();
    assertThat(rw(opcode, TestTarget.BLOCKS - 1, 1, 0).status()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {IoOpcode.READ, IoOpcode.WRITE, IoOpcode.COMPARE})
  void transfers_areBoundedByMdtsAndTheDevice(int opcode) {
    assertThat(rw(opcode, 0, 128, 0).status()).isZero();
    assertThat(rw(opcode, 0, 129, 0).outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
    TestQueue.Reply most =
        host.io(null, sqe -> TestHost.rw(sqe, opcode, 0, 65536).sglTransport(65536L * BLOCK));
    assertThat(most.outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        IoOpcode.READ,
        IoOpcode.WRITE,
        IoOpcode.COMPARE,
        IoOpcode.FLUSH,
        IoOpcode.WRITE_ZEROES,
        IoOpcode.DATASET_MANAGEMENT,
        IoOpcode.RESERVATION_REGISTER,
        IoOpcode.RESERVATION_ACQUIRE,
        IoOpcode.RESERVATION_RELEASE,
        IoOpcode.RESERVATION_REPORT
      })
  void namespaces_areChecked(int opcode) {
    for (int nsid : new int[] {0, 1025, 0xffff_fffe}) {
      TestQueue.Reply reply =
          host.io(new byte[16], sqe -> sqe.start(opcode, 0).nsid(nsid).sglTransport(16));
      assertThat(reply.outcome()).isEqualTo(StatusCode.INVALID_NAMESPACE_OR_FORMAT.dnr());
    }
    TestQueue.Reply inactive =
        host.io(new byte[16], sqe -> sqe.start(opcode, 0).nsid(2).sglTransport(16));
    assertThat(inactive.outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
    assertThat(recorder.asked).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = AnaState.class,
      names = {"INACCESSIBLE", "CHANGE", "PERSISTENT_LOSS"})
  void anaStates_giveAPathStatusWithoutDnr(AnaState state) {
    target.subsystem.ana().port(TestTarget.PORT).change(1, state);
    for (int opcode :
        new int[] {IoOpcode.READ, IoOpcode.WRITE, IoOpcode.FLUSH, IoOpcode.WRITE_ZEROES}) {
      TestQueue.Reply reply = rw(opcode, 0, 1, 0);
      assertThat(reply.status()).isEqualTo(state.status());
      assertThat(Status.isPathRelated(reply.status())).isTrue();
    }
    if (state != AnaState.PERSISTENT_LOSS) {
      target.subsystem.ana().port(TestTarget.PORT).change(1, AnaState.NON_OPTIMIZED);
      assertThat(rw(IoOpcode.READ, 0, 1, 0).status()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(BlockStatus.class)
  void deviceOutcomes_becomeStatuses(BlockStatus status) {
    recorder.answer = status;
    TestQueue.Reply write = rw(IoOpcode.WRITE, 0, 1, 0);
    int expected =
        switch (status) {
          case SUCCESS -> 0;
          case OUT_OF_RANGE -> StatusCode.LBA_OUT_OF_RANGE.dnr();
          case INVALID -> StatusCode.INVALID_FIELD.dnr();
          case COMPARE_FAILED -> StatusCode.COMPARE_FAILURE.dnr();
          case READ_FAULT -> StatusCode.UNRECOVERED_READ_ERROR.status();
          case WRITE_FAULT, FAILED -> StatusCode.WRITE_FAULT.status();
          case CAPACITY_EXCEEDED -> StatusCode.CAPACITY_EXCEEDED.dnr();
          case BUSY -> StatusCode.COMMAND_INTERRUPTED.status();
          case PATH_LOST -> StatusCode.INTERNAL_PATH_ERROR.status();
          case ABORTED -> StatusCode.ABORT_REQUESTED.status();
        };
    assertThat(Status.describe(write.outcome())).isEqualTo(Status.describe(expected));
    if (status == BlockStatus.FAILED) {
      assertThat(StatusCode.UNRECOVERED_READ_ERROR.is(rw(IoOpcode.READ, 0, 1, 0).status()))
          .isTrue();
    }
  }

  // Flush, Write Zeroes, Dataset Management.

  @Test
  void flush_ofOneOrAllNamespaces() {
    assertThat(host.io(null, sqe -> sqe.start(IoOpcode.FLUSH, 0).nsid(1)).status()).isZero();
    assertThat(host.io(null, sqe -> sqe.start(IoOpcode.FLUSH, 0).nsid(Command.NSID_ALL)).status())
        .isZero();
    assertThat(recorder.asked).containsExactly("FLUSH 0+0", "FLUSH 0+0");
    recorder.answer = BlockStatus.WRITE_FAULT;
    assertThat(
            StatusCode.WRITE_FAULT.is(
                host.io(null, sqe -> sqe.start(IoOpcode.FLUSH, 0).nsid(Command.NSID_ALL)).status()))
        .isTrue();
  }

  @Test
  void shutdown_flushesWhatHasACache() {
    host.setProperty(Property.CC, TestHost.CC_ENABLE | 1 << 14);
    assertThat(recorder.asked).containsExactly("FLUSH 0+0");
  }

  @Test
  void writeZeroes_withAndWithoutDeallocation_beyondMdts() {
    assertThat(rw(IoOpcode.WRITE_ZEROES, 0, 1, 0).status()).isZero();
    TestQueue.Reply large =
        host.io(null, sqe -> TestHost.rw(sqe, IoOpcode.WRITE_ZEROES, 0, 4096).control(1 << 9));
    assertThat(large.status()).isZero();
    assertThat(recorder.asked).containsExactly("WRITE_ZEROES 0+1", "WRITE_ZEROES 0+4096 DEAC");
    TestQueue.Reply beyondWzsl =
        host.io(null, sqe -> TestHost.rw(sqe, IoOpcode.WRITE_ZEROES, 0, 16385));
    assertThat(beyondWzsl.outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
  }

  private TestQueue.Reply deallocate(int ranges, int attributes, long... slbaAndBlocks) {
    var data = new byte[ranges * DatasetRange.SIZE];
    for (int i = 0; i < slbaAndBlocks.length / 2; i++) {
      new DatasetRange()
          .wrap(MemorySegment.ofArray(data), (long) i * DatasetRange.SIZE)
          .set(slbaAndBlocks[2 * i], slbaAndBlocks[2 * i + 1]);
    }
    return host.io(
        data,
        sqe ->
            TestHost.as(new DatasetManagementCommand(), sqe)
                .start(0, 1, ranges, attributes)
                .sglTransport(data.length));
  }

  @Test
  void deallocate_doesEveryRange_andSkipsEmptyOnes() {
    assertThat(deallocate(3, DatasetManagementCommand.AD, 5, 10, 7, 0, 100, 1).status()).isZero();
    assertThat(recorder.asked).containsExactly("DEALLOCATE 5+10", "DEALLOCATE 100+1");
  }

  @Test
  void deallocate_asManyRangesAsThereMayBe() {
    var ranges = new long[2 * 256];
    for (int i = 0; i < 256; i++) {
      ranges[2 * i] = i * 4L;
      ranges[2 * i + 1] = 2;
    }
    assertThat(deallocate(256, DatasetManagementCommand.AD, ranges).status()).isZero();
    assertThat(recorder.asked).hasSize(256);
  }

  @Test
  void deallocate_oneRangeThatDoesNotExist_doesNothing() {
    assertThat(deallocate(2, DatasetManagementCommand.AD, 0, 1, TestTarget.BLOCKS, 1).outcome())
        .isEqualTo(StatusCode.LBA_OUT_OF_RANGE.dnr());
    assertThat(recorder.asked).isEmpty();
  }

  @Test
  void datasetHints_areIgnored() {
    assertThat(deallocate(1, DatasetManagementCommand.IDR, 0, 1).status()).isZero();
    assertThat(recorder.asked).isEmpty();
  }

  @Test
  void deallocate_deviceFailsInTheMiddle_endsThere() {
    recorder.answer = BlockStatus.WRITE_FAULT;
    assertThat(
            StatusCode.WRITE_FAULT.is(
                deallocate(2, DatasetManagementCommand.AD, 0, 1, 5, 1).status()))
        .isTrue();
    assertThat(recorder.asked).hasSize(1);
  }

  @Test
  void deallocate_deviceThatAnswersLater_goesOn() {
    recorder.holds = true;
    var data = new byte[2 * DatasetRange.SIZE];
    new DatasetRange().wrap(MemorySegment.ofArray(data), 0).set(1, 1);
    new DatasetRange().wrap(MemorySegment.ofArray(data), 16).set(2, 1);
    int cid =
        host.io.submit(
            data,
            sqe ->
                TestHost.as(new DatasetManagementCommand(), sqe)
                    .start(0, 1, 2, DatasetManagementCommand.AD)
                    .sglTransport(32));
    host.io.settle();
    recorder.held.removeFirst().complete(BlockStatus.SUCCESS);
    assertThat(host.io.hasReply(cid)).isFalse();
    recorder.held.removeFirst().complete(BlockStatus.SUCCESS);
    assertThat(host.io.reply(cid).status()).isZero();
  }

  // What is refused, and the end while a device has commands.

  @Test
  void commandsThatThereAreNot_areInvalidOpcodes() {
    for (int opcode :
        new int[] {IoOpcode.VERIFY, IoOpcode.COPY, IoOpcode.WRITE_UNCORRECTABLE, 0x80, 0xff}) {
      assertThat(host.io(null, sqe -> sqe.start(opcode, 0).nsid(1)).outcome())
          .isEqualTo(StatusCode.INVALID_OPCODE.dnr());
    }
    assertThat(host.io(null, sqe -> sqe.start(0x7f, 0).nsid(4)).outcome())
        .isEqualTo(StatusCode.INVALID_OPCODE.dnr());
  }

  @Test
  void prpsInsteadOfSgls_areInvalid() {
    for (int flags : new int[] {0x00, 0x80, 0xc0}) {
      TestQueue.Reply io =
          host.io(
              null, sqe -> TestHost.rw(sqe, IoOpcode.READ, 0, 1).flags(flags).sglTransport(BLOCK));
      assertThat(io.outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
      TestQueue.Reply admin = host.admin(sqe -> sqe.start(AdminOpcode.KEEP_ALIVE, 0).flags(flags));
      assertThat(admin.outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
    }
    TestQueue.Reply fused = host.admin(sqe -> sqe.start(AdminOpcode.KEEP_ALIVE, 0).flags(0x41));
    assertThat(fused.outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
  }

  @Test
  void preempt_completesOnlyWhenThePreemptedHostsCommandsAreOver() {
    TestHost other = TestHost.other(target, 1);
    other.bringUpAdmin();
    other.io = other.connectIo(1, target.otherReactor);
    assertThat(reservation(host, IoOpcode.RESERVATION_REGISTER, 0, 0, 0xa).status()).isZero();
    assertThat(reservation(other, IoOpcode.RESERVATION_REGISTER, 0, 0, 0xb).status()).isZero();
    assertThat(reservation(other, IoOpcode.RESERVATION_ACQUIRE, 1 << 8, 0xb, 0).status()).isZero();
    recorder.holds = true;
    int write = TestHost.submitWrite(other.io, 0, new byte[BLOCK]);
    other.io.settle();
    int preempt = submitReservation(host, IoOpcode.RESERVATION_ACQUIRE, 1 | 1 << 8, 0xa, 0xb);
    assertThat(host.io.hasReply(preempt)).isFalse();
    // What comes after the preempt is refused, and not awaited.
    int late = TestHost.submitWrite(other.io, 1, new byte[BLOCK]);
    assertThat(other.io.reply(late).outcome()).isEqualTo(StatusCode.RESERVATION_CONFLICT.dnr());
    BlockIo held = recorder.held.removeFirst();
    target.otherReactor.run(() -> held.complete(BlockStatus.SUCCESS));
    assertThat(host.io.reply(preempt).status()).isZero();
    assertThat(other.io.reply(write).status()).isZero();
  }

  private static TestQueue.Reply reservation(
      TestHost host, int opcode, int cdw10, long first, long second) {
    return host.io.reply(submitReservation(host, opcode, cdw10, first, second));
  }

  private static int submitReservation(
      TestHost host, int opcode, int cdw10, long first, long second) {
    var data = new byte[ReservationKeys.SIZE];
    new ReservationKeys()
        .wrap(MemorySegment.ofArray(data), 0)
        .set(ReservationKeys.CRKEY, first)
        .set(ReservationKeys.NRKEY, second);
    return host.io.submitInCapsule(
        data, sqe -> sqe.start(opcode, 0).nsid(1).cdw10(cdw10).sglInCapsule(data.length));
  }

  @Test
  void connectionLostWhileTheDeviceWorks_completesIntoNothing() {
    recorder.holds = true;
    TestHost.submitRead(host.io, 0, 8);
    TestHost.submitWrite(host.io, 8, new byte[BLOCK]);
    host.io.settle();
    assertThat(recorder.held).hasSize(2);
    host.io.hangUp();
    host.admin.hangUp();
    assertThat(target.target.controllers().count()).as("until the device is done").isEqualTo(1);
    assertThat(target.reactor.buffers().inUse()).isEqualTo(2);
    recorder.held.forEach(io -> io.complete(BlockStatus.SUCCESS));
    target.reactor.settle();
    assertThat(target.reactor.buffers().inUse()).isZero();
    assertThat(target.target.controllers().count()).isZero();
  }
}
