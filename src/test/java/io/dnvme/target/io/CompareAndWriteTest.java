package io.dnvme.target.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.ReadWriteCommand;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CompareAndWriteTest {

  private static final int BLOCK = TestTarget.BLOCK_BYTES;
  private static final int MANY_BLOCKS = 32;
  private static final int FIRST = 0x41;
  private static final int SECOND = 0x42;

  private final TestTarget target = new TestTarget();
  private final TestHost host = new TestHost(target);
  private final byte[] old = TestHost.pattern(BLOCK, 1);
  private final byte[] fresh = TestHost.pattern(BLOCK, 2);
  private int first;
  private int second;

  @BeforeEach
  void bringUp() {
    host.bringUp();
    assertThat(host.writeInCapsule(5, old).status()).isZero();
  }

  @AfterEach
  void close() {
    target.close();
  }

  private int half(
      int opcode, int flags, byte[] data, boolean inCapsule, Consumer<ReadWriteCommand> more) {
    Consumer<ReadWriteCommand> none = command -> {};
    Consumer<ReadWriteCommand> then = more == null ? none : more;
    return inCapsule
        ? host.io.submitInCapsule(
            data,
            sqe -> {
              ReadWriteCommand command =
                  TestHost.rw(sqe, opcode, 5, data.length / BLOCK).flags(flags);
              then.accept(command.sglInCapsule(data.length));
            })
        : host.io.submit(
            data,
            sqe -> {
              ReadWriteCommand command =
                  TestHost.rw(sqe, opcode, 5, data.length / BLOCK).flags(flags);
              then.accept(command.sglTransport(data.length));
            });
  }

  private void pair(byte[] compared, byte[] written, boolean firstIn, boolean secondIn) {
    first = half(IoOpcode.COMPARE, FIRST, compared, firstIn, null);
    second = half(IoOpcode.WRITE, SECOND, written, secondIn, null);
  }

  private void assertOutcomes(int firstStatus, int secondStatus) {
    assertThat(host.io.reply(first).outcome()).isEqualTo(firstStatus);
    assertThat(host.io.reply(second).outcome()).isEqualTo(secondStatus);
  }

  @Test
  void equalContent_isReplaced_whereverTheDataComesFrom() {
    byte[] before = old;
    for (int i = 0; i < 4; i++) {
      byte[] next = TestHost.pattern(BLOCK, 10 + i);
      pair(before, next, (i & 1) != 0, (i & 2) != 0);
      assertOutcomes(0, 0);
      assertThat(host.read(5, 1).data()).isEqualTo(next);
      before = next;
    }
  }

  @Test
  void otherContent_staysAndFailsBoth() {
    for (int i = 0; i < 4; i++) {
      pair(fresh, fresh, (i & 1) != 0, (i & 2) != 0);
      assertOutcomes(StatusCode.COMPARE_FAILURE.dnr(), StatusCode.ABORTED_FAILED_FUSED.status());
      assertThat(host.read(5, 1).data()).isEqualTo(old);
    }
  }

  @Test
  void firstWithoutSecond_isMissingOne() {
    first = half(IoOpcode.COMPARE, FIRST, old, true, null);
    int between = TestHost.submitRead(host.io, 0, 1);
    second = half(IoOpcode.WRITE, SECOND, fresh, true, null);
    assertThat(host.io.reply(between).status()).isZero();
    assertOutcomes(StatusCode.ABORTED_MISSING_FUSED.dnr(), StatusCode.ABORTED_MISSING_FUSED.dnr());
    assertThat(host.read(5, 1).data()).isEqualTo(old);
  }

  @Test
  void twoFirsts_theEarlierIsMissingItsSecond() {
    int lonely = half(IoOpcode.COMPARE, FIRST, old, true, null);
    pair(old, fresh, true, true);
    assertThat(host.io.reply(lonely).outcome()).isEqualTo(StatusCode.ABORTED_MISSING_FUSED.dnr());
    assertOutcomes(0, 0);
  }

  @Test
  void halvesThatDoNotMatch_areBothInvalid() {
    int invalid = StatusCode.INVALID_FIELD.dnr();
    first = half(IoOpcode.COMPARE, FIRST, old, true, null);
    second = half(IoOpcode.WRITE, SECOND, fresh, true, command -> command.nsid(2));
    assertOutcomes(invalid, invalid);
    first = half(IoOpcode.READ, FIRST, old, false, null);
    second = half(IoOpcode.WRITE, SECOND, fresh, true, null);
    assertOutcomes(invalid, invalid);
    first = half(IoOpcode.COMPARE, FIRST, old, true, null);
    second = half(IoOpcode.WRITE, SECOND, TestHost.pattern(2 * BLOCK, 1), true, null);
    assertOutcomes(invalid, invalid);
    first = half(IoOpcode.COMPARE, 0x43, old, true, null);
    assertThat(host.io.reply(first).outcome()).isEqualTo(invalid);
    assertThat(host.read(5, 1).data()).isEqualTo(old);
  }

  @Test
  void directiveOfTheSecond_isRefusedAsOfAnyWrite() {
    first = half(IoOpcode.COMPARE, FIRST, old, true, null);
    second = half(IoOpcode.WRITE, SECOND, fresh, true, command -> command.control(1 << 4));
    assertOutcomes(StatusCode.ABORTED_FAILED_FUSED.status(), StatusCode.INVALID_FIELD.dnr());
    assertThat(host.read(5, 1).data()).isEqualTo(old);
  }

  @Test
  void afterADisconnect_nothingIsWritten() {
    int disconnect = host.io.submit(null, sqe -> sqe.start(0x7f, 0).nsid(8));
    assertThat(host.io.reply(disconnect).status()).isZero();
    pair(old, fresh, true, true);
    assertOutcomes(
        StatusCode.COMMAND_SEQUENCE_ERROR.dnr(), StatusCode.ABORTED_FAILED_FUSED.status());
    assertThat(TestHost.other(target, 1).bringUp().read(5, 1).data()).isEqualTo(old);
  }

  @Test
  void moreThanAcwu_isTooMuchForBoth() {
    byte[] data = new byte[(CompareAndWrite.MAX_BLOCKS + 1) * BLOCK];
    pair(data, data, false, false);
    assertOutcomes(
        StatusCode.ATOMIC_WRITE_UNIT_EXCEEDED.dnr(), StatusCode.ATOMIC_WRITE_UNIT_EXCEEDED.dnr());
    byte[] most = new byte[CompareAndWrite.MAX_BLOCKS * BLOCK];
    System.arraycopy(old, 0, most, 0, BLOCK);
    pair(most, most, false, false);
    assertOutcomes(0, 0);
  }

  @Test
  void secondWithABadSgl_failsTheFirstAsWell() {
    first = half(IoOpcode.COMPARE, FIRST, old, true, null);
    second = half(IoOpcode.WRITE, SECOND, fresh, true, command -> command.sgl(0x01, 1, BLOCK));
    assertOutcomes(
        StatusCode.ABORTED_FAILED_FUSED.status(), StatusCode.DATA_SGL_LENGTH_INVALID.dnr());
    first = half(IoOpcode.COMPARE, FIRST, old, true, command -> command.sgl(0x5a, 0, 0));
    second = half(IoOpcode.WRITE, SECOND, fresh, true, null);
    assertOutcomes(
        StatusCode.DATA_SGL_LENGTH_INVALID.dnr(), StatusCode.ABORTED_FAILED_FUSED.status());
  }

  @Test
  void abortOfTheSecondWhileItsDataIsAwaited_failsBoth() {
    host.io.answersR2t(false);
    pair(old, fresh, true, false);
    host.io.settle();
    TestQueue.Reply abort = host.admin(sqe -> sqe.start(0x08, 0).cdw10(1 | second << 16));
    assertThat(abort.result()).isZero();
    host.io.answer(host.io.asked().getFirst());
    assertOutcomes(StatusCode.ABORTED_FAILED_FUSED.status(), StatusCode.ABORT_REQUESTED.status());
  }

  @Test
  void connectionLostInBetween_givesEverythingBack() {
    host.io.answersR2t(false);
    pair(old, fresh, true, false);
    host.io.settle();
    assertThat(target.reactor.buffers().inUse()).isEqualTo(2);
    host.io.hangUp();
    assertThat(target.reactor.buffers().inUse()).isZero();
  }

  @Test
  void dataThatCameInTheCapsule_mustBeAsLongAsTheBlocks() {
    first =
        host.io.submitInCapsule(
            new byte[512],
            sqe ->
                TestHost.rw(sqe, IoOpcode.COMPARE, 5, MANY_BLOCKS).flags(FIRST).sglInCapsule(512));
    second = half(IoOpcode.WRITE, SECOND, new byte[MANY_BLOCKS * BLOCK], false, null);
    assertOutcomes(
        StatusCode.DATA_SGL_LENGTH_INVALID.dnr(), StatusCode.ABORTED_FAILED_FUSED.status());
    assertThat(host.read(5, 1).data()).isEqualTo(old);
  }
}
