package io.dnvme.target.io;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.AsyncEvent;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.LogPage;
import io.dnvme.nvme.RegisteredControllerExtended;
import io.dnvme.nvme.ReservationKeys;
import io.dnvme.nvme.ReservationNotificationLog;
import io.dnvme.nvme.ReservationStatus;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReservationCommandsTest {

  private static final int WRITE_EXCLUSIVE = 1;
  private static final int EXCLUSIVE_ACCESS = 2;

  private final TestTarget target = new TestTarget();
  private final TestHost host = new TestHost(target);
  private TestHost other;

  @BeforeEach
  void bringUp() {
    host.bringUp();
    other = TestHost.other(target, 1).bringUp();
  }

  @AfterEach
  void close() {
    target.close();
  }

  private static TestQueue.Reply keys(
      TestHost host, int opcode, int cdw10, long first, long second) {
    int size = opcode == IoOpcode.RESERVATION_RELEASE ? 8 : 16;
    var data = new byte[16];
    new ReservationKeys()
        .wrap(MemorySegment.ofArray(data), 0)
        .set(ReservationKeys.CRKEY, first)
        .set(ReservationKeys.NRKEY, second);
    return host.io(
        java.util.Arrays.copyOf(data, size),
        sqe -> sqe.start(opcode, 0).nsid(1).cdw10(cdw10).sglTransport(size));
  }

  private static TestQueue.Reply register(TestHost host, long key) {
    return keys(host, IoOpcode.RESERVATION_REGISTER, 0, 0, key);
  }

  private static TestQueue.Reply acquire(TestHost host, long key, int type) {
    return keys(host, IoOpcode.RESERVATION_ACQUIRE, type << 8, key, 0);
  }

  @Test
  void writeExclusive_letsOthersReadOnly() {
    assertThat(register(host, 0xa).status()).isZero();
    assertThat(acquire(host, 0xa, WRITE_EXCLUSIVE).status()).isZero();
    byte[] data = TestHost.pattern(TestTarget.BLOCK_BYTES, 1);
    assertThat(host.writeInCapsule(0, data).status()).isZero();
    assertThat(other.read(0, 1).data()).isEqualTo(data);
    int conflict = StatusCode.RESERVATION_CONFLICT.dnr();
    assertThat(other.writeInCapsule(0, data).outcome()).isEqualTo(conflict);
    assertThat(other.io(null, sqe -> sqe.start(IoOpcode.FLUSH, 0).nsid(1)).outcome())
        .isEqualTo(conflict);
    assertThat(other.io(null, sqe -> TestHost.rw(sqe, IoOpcode.WRITE_ZEROES, 0, 1)).outcome())
        .isEqualTo(conflict);
    assertThat(keys(host, IoOpcode.RESERVATION_RELEASE, WRITE_EXCLUSIVE << 8, 0xa, 0).status())
        .isZero();
    assertThat(other.writeInCapsule(0, data).status()).isZero();
  }

  @Test
  void exclusiveAccess_keepsOthersFromReading() {
    register(host, 0xa);
    acquire(host, 0xa, EXCLUSIVE_ACCESS);
    assertThat(other.read(0, 1).outcome()).isEqualTo(StatusCode.RESERVATION_CONFLICT.dnr());
  }

  @Test
  void acquireWithoutRegistration_isAConflict() {
    assertThat(acquire(host, 0xa, WRITE_EXCLUSIVE).outcome())
        .isEqualTo(StatusCode.RESERVATION_CONFLICT.dnr());
  }

  @Test
  void badParameters_areInvalidFields() {
    int invalid = StatusCode.INVALID_FIELD.dnr();
    assertThat(keys(host, IoOpcode.RESERVATION_REGISTER, 7, 0, 1).outcome()).isEqualTo(invalid);
    assertThat(keys(host, IoOpcode.RESERVATION_ACQUIRE, 9 << 8, 0, 1).outcome()).isEqualTo(invalid);
    assertThat(keys(host, IoOpcode.RESERVATION_RELEASE, 5, 0, 1).outcome()).isEqualTo(invalid);
  }

  @Test
  void preempt_awaitsTheOthersCommands_andTellsIt() {
    register(host, 0xa);
    register(other, 0xb);
    acquire(other, 0xb, WRITE_EXCLUSIVE);
    other.enableEvents(0);
    int event = other.awaitEvent();
    TestQueue.Reply preempt =
        keys(host, IoOpcode.RESERVATION_ACQUIRE, 1 | WRITE_EXCLUSIVE << 8, 0xa, 0xb);
    assertThat(preempt.status()).isZero();
    assertThat(AsyncEvent.LOG_PAGE.get(other.admin.reply(event).result()))
        .isEqualTo(LogPage.RESERVATION_NOTIFICATION);
    TestQueue.Reply log =
        other.log(LogPage.RESERVATION_NOTIFICATION, 0, ReservationNotificationLog.SIZE, false);
    assertThat(
            new ReservationNotificationLog()
                .wrap(log.segment(), 0)
                .get(ReservationNotificationLog.TYPE))
        .isEqualTo(1);
    assertThat(other.writeInCapsule(0, new byte[4096]).outcome())
        .isEqualTo(StatusCode.RESERVATION_CONFLICT.dnr());
  }

  @Test
  void writeWhoseDataComesAfterThePreempt_isRefused() {
    register(host, 0xa);
    register(other, 0xb);
    acquire(other, 0xb, WRITE_EXCLUSIVE);
    other.io.answersR2t(false);
    int write = TestHost.submitWrite(other.io, 9, TestHost.pattern(4096, 3));
    other.io.settle();
    keys(host, IoOpcode.RESERVATION_ACQUIRE, 2 | WRITE_EXCLUSIVE << 8, 0xa, 0xb);
    other.io.answer(other.io.asked().getLast());
    assertThat(other.io.reply(write).outcome()).isEqualTo(StatusCode.RESERVATION_CONFLICT.dnr());
    assertThat(host.read(9, 1).data()).isEqualTo(new byte[4096]);
  }

  @Test
  void report_saysWhoHasRegistered() {
    register(host, 0xa);
    register(other, 0xb);
    acquire(host, 0xa, WRITE_EXCLUSIVE);
    TestQueue.Reply report =
        host.io(
            null,
            sqe ->
                sqe.start(IoOpcode.RESERVATION_REPORT, 0)
                    .nsid(1)
                    .cdw10(1024 / 4 - 1)
                    .cdw11(1)
                    .sglTransport(1024));
    ReservationStatus status = new ReservationStatus().wrap(report.segment(), 0);
    assertThat(status.get(ReservationStatus.REGCTL)).isEqualTo(2);
    assertThat(status.get(ReservationStatus.RTYPE)).isEqualTo(WRITE_EXCLUSIVE);
    RegisteredControllerExtended first =
        new RegisteredControllerExtended().wrap(report.segment(), ReservationStatus.EXTENDED_SIZE);
    assertThat(first.get(RegisteredControllerExtended.RKEY)).isIn(0xaL, 0xbL);
    TestQueue.Reply basic =
        host.io(
            null,
            sqe -> sqe.start(IoOpcode.RESERVATION_REPORT, 0).nsid(1).cdw10(15).sglTransport(64));
    assertThat(basic.outcome()).isEqualTo(StatusCode.HOST_IDENTIFIER_INCONSISTENT.dnr());
    TestQueue.Reply huge =
        host.io(
            null,
            sqe ->
                sqe.start(IoOpcode.RESERVATION_REPORT, 0)
                    .nsid(1)
                    .cdw10(-1)
                    .cdw11(1)
                    .sglTransport(1024));
    assertThat(huge.outcome()).isEqualTo(StatusCode.INVALID_FIELD.dnr());
  }
}
