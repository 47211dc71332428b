package io.dnvme.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.IoVector;
import io.dnvme.nvme.FatalErrorStatus;
import io.dnvme.nvme.H2cData;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.PduHeader;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.SglDescriptor;
import io.dnvme.nvme.StatusCode;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Data to the controller: in capsules, and as R2Ts ask for it. */
class HostConnectionWritesTest extends HostConnectionFixture {

  @ParameterizedTest
  @CsvSource({"false,false,0", "true,true,0", "true,true,31", "false,true,15"})
  void smallWrite_goesInCapsule(boolean hdgst, boolean ddgst, int cpda) {
    connect(8, hdgst, ddgst, cpda, 4096);
    MemorySegment a = content(512, 1);
    MemorySegment b = content(3584, 2);
    submit(IoOpcode.WRITE, vector(a, b));
    Sent capsule = onlySent();
    assertThat(capsule.type()).isEqualTo(PduType.CAPSULE_CMD);
    assertThat(capsule.entry().sglIdentifier()).isEqualTo(SglDescriptor.IN_CAPSULE);
    assertThat(capsule.entry().sglLength()).isEqualTo(4096);
    PduHeader header = new PduHeader().wrap(capsule.pdu(), 0);
    assertThat(header.pdo() % ((cpda + 1) * 4)).isZero();
    assertThat(vector(a, b).contentEquals(capsule.pdu(), header.pdo())).isTrue();
    deliver(target.response(capsule.entry().cid(), 0, 0));
    assertThat(outcomes).containsExactly(new Outcome(0, 0, false, true));
  }

  @ParameterizedTest
  @CsvSource({"false,false,0", "true,true,7"})
  void largeWrite_answersR2tsInPdusUpToMaxh2cdata(boolean hdgst, boolean ddgst, int cpda) {
    connect(8, hdgst, ddgst, cpda, 4096);
    MemorySegment a = content(10_000, 1);
    MemorySegment b = content(22_768, 2);
    IoVector data = vector(a, b);
    MemorySegment expected = TargetPdus.bytes(32_768);
    data.copyTo(expected, 0);
    HostCommand command = submit(IoOpcode.WRITE, data);
    assertThat(onlySent().entry().sglIdentifier()).isEqualTo(SglDescriptor.TRANSPORT);
    MemorySegment got = TargetPdus.bytes(32_768);
    long[][] asked = {{0, 9_000}, {9_000, 23_768}};
    for (int i = 0; i < asked.length; i++) {
      deliver(target.r2t(command.cid(), 0x100 + i, asked[i][0], asked[i][1]));
      long at = asked[i][0];
      long end = at + asked[i][1];
      for (Sent pdu : sent) {
        H2cData h2c = pdu.h2c();
        assertThat(h2c.ttag()).isEqualTo(0x100 + i);
        assertThat(h2c.cccid()).isEqualTo(command.cid());
        assertThat(h2c.datao()).isEqualTo(at);
        assertThat(h2c.datal()).isLessThanOrEqualTo(4096);
        assertThat(h2c.pdo() % ((cpda + 1) * 4)).isZero();
        assertThat(h2c.isLast()).isEqualTo(at + h2c.datal() == end);
        MemorySegment.copy(pdu.pdu(), h2c.pdo(), got, at, h2c.datal());
        at += h2c.datal();
      }
      assertThat(at).isEqualTo(end);
      sent.clear();
    }
    assertThat(got.mismatch(expected)).isEqualTo(-1);
    deliver(target.response(command.cid(), 0, 0));
    assertThat(outcomes).containsExactly(new Outcome(0, 0, false, true));
    assertThat(connection.counters().readyToTransfers()).isEqualTo(2);
  }

  @Test
  void answerDuringATransfer_endsTheTransfer() {
    connect(8, false, false, 0, 4096);
    HostCommand command = submit(IoOpcode.WRITE, vector(TargetPdus.bytes(32_768)));
    sent.clear();
    wire.deliver(target.r2t(command.cid(), 1, 0, 32_768));
    wire.deliver(target.response(command.cid(), StatusCode.WRITE_FAULT.status(), 0));
    reactor.settle();
    assertThat(sent).isEmpty();
    assertThat(outcomes)
        .containsExactly(new Outcome(StatusCode.WRITE_FAULT.status(), 0, false, true));
    assertThat(connection.isReady()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"0,32769", "32768,1", "8192,4294967295", "4294967295,4294967295"})
  void r2tBeyondTheCommand_isFault(long r2to, long r2tl) {
    connect();
    HostCommand command = submit(IoOpcode.WRITE, vector(TargetPdus.bytes(32_768)));
    deliver(target.r2t(command.cid(), 1, r2to, r2tl));
    assertEndedWith(FatalErrorStatus.DATA_TRANSFER_OUT_OF_RANGE, 0);
  }

  @Test
  void r2tBehindWhatWasSent_isFault() {
    connect();
    HostCommand command = submit(IoOpcode.WRITE, vector(TargetPdus.bytes(32_768)));
    deliver(target.r2t(command.cid(), 1, 0, 4096));
    deliver(target.r2t(command.cid(), 2, 4095, 4096));
    assertEndedWith(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, 12);
  }

  @Test
  void secondR2tBeforeTheFirstIsAnswered_isFault() {
    connect();
    HostCommand command = submit(IoOpcode.WRITE, vector(TargetPdus.bytes(32_768)));
    wire.deliver(target.r2t(command.cid(), 1, 0, 4096));
    wire.deliver(target.r2t(command.cid(), 2, 4096, 4096));
    reactor.settle();
    assertEndedWith(FatalErrorStatus.R2T_LIMIT_EXCEEDED, 0);
  }

  @Test
  void r2tOfLengthZero_isFault() {
    connect();
    HostCommand command = submit(IoOpcode.WRITE, vector(TargetPdus.bytes(32_768)));
    deliver(target.r2t(command.cid(), 1, 0, 0));
    assertEndedWith(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, 16);
  }

  @Test
  void r2tForARead_isFault() {
    connect();
    HostCommand command = submit(IoOpcode.READ, vector(TargetPdus.bytes(32_768)));
    deliver(target.r2t(command.cid(), 1, 0, 512));
    assertEndedWith(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, 8);
  }

  @Test
  void r2tForInCapsuleData_isFault() {
    connect();
    HostCommand command = submit(IoOpcode.WRITE, vector(TargetPdus.bytes(512)));
    deliver(target.r2t(command.cid(), 1, 0, 512));
    assertEndedWith(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, 8);
  }
}
