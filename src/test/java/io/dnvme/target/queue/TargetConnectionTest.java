package io.dnvme.target.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.C2hData;
import io.dnvme.nvme.CapsuleCmd;
import io.dnvme.nvme.FatalErrorStatus;
import io.dnvme.nvme.H2cData;
import io.dnvme.nvme.IcReq;
import io.dnvme.nvme.IcResp;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.Pdu;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.nvme.TermReq;
import io.dnvme.target.TestHost;
import io.dnvme.target.TestQueue;
import io.dnvme.target.TestTarget;
import io.dnvme.target.controller.ControllerLimits;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The transport rules, as NVMe/TCP Transport 1.0 §3 has them. */
class TargetConnectionTest {

  private static final int BLOCK = TestTarget.BLOCK_BYTES;

  private TestTarget target = new TestTarget();

  @AfterEach
  void close() {
    target.close();
  }

  private void targetWith(TransportLimits limits) {
    target.close();
    target = new TestTarget(limits, ControllerLimits.DEFAULT);
  }

  private TestHost hostWith(boolean hdgst, boolean ddgst, int maxr2t, int hpda) {
    var host = new TestHost(target);
    host.connectAdmin();
    host.enable();
    host.io = target.connection().initialize(hdgst, ddgst, maxr2t, hpda);
    assertThat(host.connectIo(host.io, 1).status()).isZero();
    return host;
  }

  @ParameterizedTest
  @CsvSource({"false,false", "true,false", "false,true", "true,true"})
  void icReq_isAnsweredWithWhatIsAskedAndOffered(boolean hdgst, boolean ddgst) {
    TestQueue queue = target.connection().initialize(hdgst, ddgst, 0, 0);
    MemorySegment pdu = MemorySegment.ofArray(queue.rawPdus().getFirst());
    IcResp response = new IcResp().wrap(pdu, 0);
    assertThat(response.plen()).isEqualTo(128);
    assertThat(response.pfv()).isZero();
    assertThat(response.cpda()).isZero();
    assertThat(response.dgst())
        .isEqualTo((hdgst ? IcReq.DGST_HDGST_ENABLE : 0) | (ddgst ? IcReq.DGST_DDGST_ENABLE : 0));
    assertThat(response.maxh2cdata()).isEqualTo(TransportLimits.DEFAULT.maxH2cDataBytes());
  }

  @ParameterizedTest
  @CsvSource({
    "false,false,0,0",
    "true,false,0,0",
    "false,true,0,0",
    "true,true,3,0",
    "true,true,0,31",
    "false,false,0,1"
  })
  void readsAndWrites_workWithDigestsAndAlignment(
      boolean hdgst, boolean ddgst, int maxr2t, int hpda) {
    TestHost host = hostWith(hdgst, ddgst, maxr2t, hpda);
    byte[] small = TestHost.pattern(BLOCK, 1);
    byte[] large = TestHost.pattern(256 * BLOCK, 2);
    assertThat(host.writeInCapsule(3, small).status()).isZero();
    assertThat(host.write(100, large).status()).isZero();
    host.io.rawPdus().clear();
    assertThat(host.read(3, 1).data()).isEqualTo(small);
    assertThat(host.read(100, 256).data()).isEqualTo(large);
    for (byte[] bytes : host.io.rawPdus()) {
      Pdu<?> pdu = new C2hData().wrap(MemorySegment.ofArray(bytes), 0);
      assertThat(pdu.hlen()).isEqualTo(24);
      if (pdu.type() == PduType.C2H_DATA) {
        assertThat(pdu.pdo() % ((hpda + 1) * 4)).as("PDO").isZero();
        assertThat(bytes.length).as("PLEN").isEqualTo((int) pdu.plen());
      }
    }
  }

  @Test
  void secondIcReq_isASequenceError() {
    TestQueue queue = target.connection().initialize();
    queue.initialize();
    assertThat(queue.termFes()).isEqualTo(FatalErrorStatus.PDU_SEQUENCE_ERROR);
    assertThat(queue.isClosed()).isTrue();
  }

  @Test
  void commandBeforeIcReq_isASequenceErrorThatQuotesItsHeader() {
    TestQueue queue = target.connection();
    queue.submit(null, sqe -> sqe.start(IoOpcode.READ, 0));
    queue.settle();
    assertThat(queue.termFes()).isEqualTo(FatalErrorStatus.PDU_SEQUENCE_ERROR);
    assertThat(queue.termHeader()).hasSize(CapsuleCmd.SIZE);
    assertThat(queue.termHeader()[0]).isEqualTo((byte) PduType.CAPSULE_CMD);
    assertThat(queue.isClosed()).isTrue();
  }

  @Test
  void pduOfUnknownType_endsThatConnectionOnly() {
    TestHost other = TestHost.other(target, 7).bringUp();
    TestQueue queue = target.connection().initialize();
    queue.send(new byte[] {0x0b, 0, 8, 0, 8, 0, 0, 0});
    queue.settle();
    assertThat(queue.termFes()).isEqualTo(FatalErrorStatus.INVALID_PDU_HEADER_FIELD);
    assertThat(queue.termFei()).isEqualTo(Pdu.TYPE);
    assertThat(queue.termHeader()).containsExactly(0x0b, 0, 8, 0, 8, 0, 0, 0);
    assertThat(queue.isClosed()).isTrue();
    assertThat(other.read(0, 1).status()).isZero();
  }

  @Test
  void unsupportedFormatVersion_isAnUnsupportedParameter() {
    TestQueue queue = target.connection();
    queue.sendPdu(IcReq.SIZE, pdu -> new IcReq().wrap(pdu, 0).start().pfv(1));
    queue.settle();
    assertThat(queue.termFes()).isEqualTo(FatalErrorStatus.UNSUPPORTED_PARAMETER);
    assertThat(queue.termFei()).isEqualTo(IcReq.PFV);
  }

  @Test
  void connectionThatSaysNothing_isClosedAfterTheTimeLimit() {
    TestQueue queue = target.connection();
    target.time.advance(TransportLimits.DEFAULT.initTimeoutNanos() - 1);
    assertThat(queue.isClosed()).isFalse();
    target.time.advance(2);
    assertThat(queue.isClosed()).isTrue();
  }

  @Test
  void connectionThatNeverConnects_isClosedAfterTheTimeLimit() {
    TestQueue queue = target.connection().initialize();
    target.time.advance(TransportLimits.DEFAULT.initTimeoutNanos() + 1);
    assertThat(queue.isClosed()).isTrue();
  }

  @Test
  void hostsTerminationRequest_closes() {
    TestQueue queue = target.connection().initialize();
    queue.sendPdu(
        TermReq.SIZE,
        pdu -> new TermReq().wrap(pdu, 0).start(PduType.H2C_TERM_REQ, 1, 0, pdu, 0, 0));
    queue.settle();
    assertThat(queue.isClosed()).isTrue();
    assertThat(queue.termFes()).isEqualTo(-1);
  }

  @Test
  void terminationThatIsNotRead_closesAfterTheTimeLimit() {
    TestQueue queue = target.connection().initialize();
    queue.reading(false);
    queue.send(new byte[] {0x0b, 0, 8, 0, 8, 0, 0, 0});
    target.time.advance(TransportLimits.DEFAULT.terminationTimeoutNanos() - 1);
    assertThat(queue.isClosed()).isFalse();
    target.time.advance(2);
    assertThat(queue.isClosed()).isTrue();
  }

  // R2T and H2CData.

  @Test
  void r2tsOutstanding_areAsManyAsTheHostAllows() {
    targetWith(TransportLimits.DEFAULT.withTransferBytes(4096, 4096, 4096));
    for (int maxr2t : new int[] {0, 1, 2, 3, 9}) {
      TestHost host = hostWith(false, false, maxr2t, 0);
      host.io.answersR2t(false);
      byte[] data = TestHost.pattern(16 * BLOCK, maxr2t);
      int cid = TestHost.submitWrite(host.io, 0, data);
      host.io.settle();
      int allowed = Math.min(maxr2t + 1, HostTransfer.MAX_R2TS);
      assertThat(host.io.asked()).hasSize(allowed);
      // Answered in another order than asked, where there are several.
      while (!host.io.asked().isEmpty()) {
        assertThat(host.io.asked().size()).isLessThanOrEqualTo(allowed);
        host.io.answer(host.io.asked().removeLast());
        host.io.settle();
      }
      assertThat(host.io.reply(cid).status()).isZero();
      assertThat(host.read(0, 16).data()).isEqualTo(data);
      host.admin.hangUp();
    }
  }

  @Test
  void r2tData_comesInPdusOfMaxH2cData() {
    targetWith(TransportLimits.DEFAULT.withTransferBytes(4096, 8192, 1 << 20));
    TestHost host = hostWith(false, false, 0, 0);
    byte[] data = TestHost.pattern(20 * BLOCK, 4);
    assertThat(host.write(50, data).status()).isZero();
    assertThat(host.io.asked()).containsExactly(new TestQueue.Asked(2, 0, 0, 20 * BLOCK));
    assertThat(host.read(50, 20).data()).isEqualTo(data);
  }

  @Test
  void dataBeyondMaxH2cData_isATransferLimitError() {
    targetWith(TransportLimits.DEFAULT.withTransferBytes(4096, 8192, 1 << 20));
    TestHost host = hostWith(false, false, 0, 0);
    TestQueue.Asked asked = askedForData(host, 2 * BLOCK);
    host.io.sendData(asked.cid(), asked.ttag(), 0, new byte[2 * BLOCK], true);
    host.io.settle();
    assertThat(host.io.termFes()).isEqualTo(FatalErrorStatus.DATA_TRANSFER_LIMIT_EXCEEDED);
  }

  private TestQueue.Asked askedForData(TestHost host, int length) {
    host.io.answersR2t(false);
    TestHost.submitWrite(host.io, 0, new byte[length]);
    host.io.settle();
    return host.io.asked().getFirst();
  }

  @Test
  void dataWithUnknownTag_isATransportFault() {
    TestHost host = hostWith(false, false, 0, 0);
    TestQueue.Asked asked = askedForData(host, BLOCK);
    host.io.sendData(asked.cid(), asked.ttag() + 77, 0, new byte[BLOCK], true);
    host.io.settle();
    assertThat(host.io.termFes()).isEqualTo(FatalErrorStatus.INVALID_PDU_HEADER_FIELD);
    assertThat(host.io.termFei()).isEqualTo(H2cData.TTAG);
    assertThat(host.io.termHeader()).hasSize(H2cData.SIZE);
  }

  @Test
  void dataForAnotherCommand_isATransportFault() {
    TestHost host = hostWith(false, false, 0, 0);
    TestQueue.Asked asked = askedForData(host, BLOCK);
    host.io.sendData(asked.cid() + 1, asked.ttag(), 0, new byte[BLOCK], true);
    host.io.settle();
    assertThat(host.io.termFes()).isEqualTo(FatalErrorStatus.INVALID_PDU_HEADER_FIELD);
    assertThat(host.io.termFei()).isEqualTo(H2cData.CCCID);
  }

  @Test
  void dataAtAnotherOffset_isOutOfRange() {
    TestHost host = hostWith(false, false, 0, 0);
    TestQueue.Asked asked = askedForData(host, 2 * BLOCK);
    host.io.sendData(asked.cid(), asked.ttag(), BLOCK, new byte[BLOCK], true);
    host.io.settle();
    assertThat(host.io.termFes()).isEqualTo(FatalErrorStatus.DATA_TRANSFER_OUT_OF_RANGE);
  }

  @Test
  void dataBeyondTheR2t_isOutOfRange() {
    TestHost host = hostWith(false, false, 0, 0);
    TestQueue.Asked asked = askedForData(host, BLOCK);
    host.io.sendData(asked.cid(), asked.ttag(), 0, new byte[2 * BLOCK], true);
    host.io.settle();
    assertThat(host.io.termFes()).isEqualTo(FatalErrorStatus.DATA_TRANSFER_OUT_OF_RANGE);
  }

  @ParameterizedTest
  @CsvSource({"4096,true", "8192,false"})
  void lastFlagAtTheWrongPlace_isATransportFault(int length, boolean last) {
    TestHost host = hostWith(false, false, 0, 0);
    TestQueue.Asked asked = askedForData(host, 2 * BLOCK);
    host.io.sendData(asked.cid(), asked.ttag(), 0, new byte[length], last);
    host.io.settle();
    assertThat(host.io.termFes()).isEqualTo(FatalErrorStatus.INVALID_PDU_HEADER_FIELD);
    assertThat(host.io.termFei()).isEqualTo(Pdu.FLAGS);
  }

  @Test
  void dataAfterTheWholeTransfer_isATransportFault() {
    TestHost host = hostWith(false, false, 0, 0);
    TestQueue.Asked asked = askedForData(host, BLOCK);
    host.io.sendData(asked.cid(), asked.ttag(), 0, new byte[BLOCK], true);
    host.io.sendData(asked.cid(), asked.ttag(), 0, new byte[BLOCK], true);
    host.io.settle();
    assertThat(host.io.termFes()).isEqualTo(FatalErrorStatus.INVALID_PDU_HEADER_FIELD);
  }

  // Digests.

  @Test
  void wrongHeaderDigest_endsTheConnection() {
    TestHost host = hostWith(true, false, 0, 0);
    host.io.sendPdu(
        CapsuleCmd.SIZE,
        pdu -> {
          new CapsuleCmd().wrap(pdu, 0).start(true);
          new SubmissionQueueEntry().wrap(pdu, CapsuleCmd.CCSQE).start(IoOpcode.FLUSH, 1).nsid(1);
        });
    host.io.settle();
    assertThat(host.io.termFes()).isEqualTo(FatalErrorStatus.HEADER_DIGEST_ERROR);
  }

  @Test
  void wrongDataDigestInACapsule_failsTheCommandOnly() {
    TestHost host = hostWith(false, true, 0, 0);
    MemorySegment pdu = MemorySegment.ofArray(new byte[CapsuleCmd.SIZE + BLOCK + 4]);
    new CapsuleCmd().wrap(pdu, 0).startWithData(BLOCK, false, true);
    var sqe = new SubmissionQueueEntry().wrap(pdu, CapsuleCmd.CCSQE);
    TestHost.rw(sqe, IoOpcode.WRITE, 0, 1).sglInCapsule(BLOCK).cid(900);
    host.io.send((byte[]) pdu.heapBase().orElseThrow());
    TestQueue.Reply reply = host.io.reply(900);
    assertThat(StatusCode.TRANSIENT_TRANSPORT_ERROR.is(reply.status())).isTrue();
    assertThat(host.read(0, 1).data()).isEqualTo(new byte[BLOCK]);
  }

  @Test
  void wrongDataDigestInH2cData_failsTheCommandOnceItIsWhole() {
    TestHost host = hostWith(false, true, 0, 0);
    TestQueue.Asked asked = askedForData(host, 2 * BLOCK);
    MemorySegment pdu = MemorySegment.ofArray(new byte[H2cData.SIZE + BLOCK + 4]);
    new H2cData()
        .wrap(pdu, 0)
        .start(BLOCK, false, false, true)
        .cccid(asked.cid())
        .ttag(asked.ttag());
    pdu.set(ValueLayout.JAVA_BYTE, H2cData.SIZE, (byte) 1);
    host.io.send((byte[]) pdu.heapBase().orElseThrow());
    assertThat(host.io.hasReply(asked.cid())).isFalse();
    host.io.sendData(asked.cid(), asked.ttag(), BLOCK, new byte[BLOCK], true);
    TestQueue.Reply reply = host.io.reply(asked.cid());
    assertThat(StatusCode.TRANSIENT_TRANSPORT_ERROR.is(reply.status())).isTrue();
    assertThat(host.read(0, 1).status()).isZero();
  }

  // Completions.

  @Test
  void success_isImpliedByTheLastDataPdu() {
    TestHost host = hostWith(false, false, 0, 0);
    assertThat(host.read(0, 1).bySuccessFlag()).isTrue();
  }

  @Test
  void successWithFlowControl_canBeTurnedOff() {
    targetWith(TransportLimits.DEFAULT.withSuccessWithFlowControl(false));
    TestHost host = hostWith(false, false, 0, 0);
    assertThat(host.read(0, 1).bySuccessFlag()).isFalse();
    TestQueue queue = target.connection().initialize();
    TestQueue.Reply reply =
        host.connect(
            queue,
            connect -> connect.qid(2).sqsize(31).cattr(1 << 2),
            data -> data.cntlid(host.cntlid));
    assertThat(reply.sqhd()).isEqualTo(0xffff);
    assertThat(queue.reply(TestHost.submitRead(queue, 0, 1)).bySuccessFlag()).isTrue();
  }

  @Test
  void submissionQueueHead_countsCommandsAndWraps() {
    TestHost host = new TestHost(target);
    host.connectAdmin();
    host.enable();
    TestQueue queue = target.connection().initialize();
    host.connect(queue, connect -> connect.qid(1).sqsize(3), data -> data.cntlid(host.cntlid));
    var heads = new ArrayList<Integer>();
    for (int i = 0; i < 6; i++) {
      int cid = queue.submit(null, sqe -> sqe.start(IoOpcode.FLUSH, 0).nsid(1));
      heads.add(queue.reply(cid).sqhd());
    }
    assertThat(heads).containsExactly(2, 3, 0, 1, 2, 3);
  }

  @Test
  void longRead_comesInSeveralPdus() {
    targetWith(TransportLimits.DEFAULT.withTransferBytes(4096, 8192, 4096));
    TestHost host = hostWith(false, false, 0, 0);
    host.io.rawPdus().clear();
    assertThat(host.read(0, 5).data()).hasSize(5 * BLOCK);
    List<Integer> flags = host.io.rawPdus().stream().map(pdu -> (int) pdu[Pdu.FLAGS]).toList();
    assertThat(flags).containsExactly(0, 0, Pdu.FLAG_LAST_PDU | Pdu.FLAG_SUCCESS);
  }

  @Test
  void identifierInUse_isAConflict() {
    TestHost host = hostWith(false, false, 0, 0);
    TestQueue.Asked asked = askedForData(host, BLOCK);
    host.io.careless();
    host.io.submitInCapsule(
        asked.cid(), new byte[BLOCK], sqe -> TestHost.rw(sqe, IoOpcode.WRITE, 0, 1));
    TestQueue.Reply reply = host.io.reply(asked.cid());
    assertThat(StatusCode.COMMAND_ID_CONFLICT.is(reply.status())).isTrue();
    host.io.sendData(asked.cid(), asked.ttag(), 0, new byte[BLOCK], true);
    assertThat(host.io.reply(asked.cid()).status()).isZero();
  }

  @Test
  void moreCommandsThanTheQueueHas_waitOnTheWire() {
    TestHost host = new TestHost(target);
    host.connectAdmin();
    host.enable();
    TestQueue queue = target.connection().initialize();
    host.connect(queue, connect -> connect.qid(1).sqsize(3), data -> data.cntlid(host.cntlid));
    queue.reading(false);
    var cids = new ArrayList<Integer>();
    for (int i = 0; i < 10; i++) {
      cids.add(TestHost.submitRead(queue, i, 1));
    }
    assertThat(queue.unread()).isGreaterThanOrEqualTo(6 * CapsuleCmd.SIZE);
    assertThat(queue.rules().wantsInput()).isFalse();
    queue.reading(true);
    for (int cid : cids) {
      assertThat(queue.reply(cid).status()).isZero();
    }
  }

  // The end.

  @Test
  void connectionLost_givesBackEverythingInEveryState() {
    TestHost host = hostWith(false, false, 0, 0);
    host.io.answersR2t(false);
    host.io.reading(false);
    TestHost.submitRead(host.io, 0, 8);
    TestHost.submitWrite(host.io, 64, new byte[8 * BLOCK]);
    host.io.submitInCapsule(
        new byte[BLOCK],
        sqe -> TestHost.rw(sqe, IoOpcode.COMPARE, 0, 1).sglInCapsule(BLOCK).flags(0x41));
    host.io.reading(true);
    TestHost.submitWrite(host.io, 128, new byte[8 * BLOCK]);
    host.io.reading(false);
    TestHost.submitRead(host.io, 0, 8);
    assertThat(target.reactor.buffers().inUse()).isPositive();
    host.io.hangUp();
    assertThat(target.reactor.buffers().inUse()).isZero();
  }

  @Test
  void answersOfLentMemory_areCopiedAsideWhereTheHostDoesNotRead() {
    TestHost host = hostWith(false, false, 0, 0);
    TestHost other = TestHost.other(target, 1).bringUp();
    byte[] old = TestHost.pattern(BLOCK, 5);
    assertThat(host.writeInCapsule(9, old).status()).isZero();
    host.io.reading(false);
    int read = TestHost.submitRead(host.io, 9, 1);
    int write = TestHost.submitWrite(other.io, 9, TestHost.pattern(BLOCK, 6));
    assertThat(other.io.hasReply(write)).isFalse();
    target.time.advance(TimeUnit.MILLISECONDS.toNanos(100));
    assertThat(other.io.reply(write).status()).isZero();
    host.io.reading(true);
    assertThat(host.io.reply(read).data()).isEqualTo(old);
  }
}
