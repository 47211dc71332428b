package io.dnvme.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.IoVector;
import io.dnvme.block.ManualReactor;
import io.dnvme.nvme.CapsuleCmd;
import io.dnvme.nvme.FatalErrorStatus;
import io.dnvme.nvme.H2cData;
import io.dnvme.nvme.IcReq;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.Pdu;
import io.dnvme.nvme.PduHeader;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.SglDescriptor;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.nvme.TermReq;
import io.dnvme.nvme.connection.CloseReason;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostConnectionTest {

  private static final int IN_CAPSULE_BYTES = 4096;
  private static final int MAX_TRANSFER_BYTES = 512 << 10;
  private static final long HANDSHAKE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long COMMAND_NANOS = TimeUnit.SECONDS.toNanos(30);

  private record Sent(int type, MemorySegment pdu) {
    SubmissionQueueEntry entry() {
      return new SubmissionQueueEntry().wrap(pdu, CapsuleCmd.CCSQE);
    }

    H2cData h2c() {
      return new H2cData().wrap(pdu, 0);
    }

    TermReq termReq() {
      return new TermReq().wrap(pdu, 0);
    }
  }

  private record Outcome(int status, long result, boolean lost, boolean sent) {}

  private final ManualReactor reactor = new ManualReactor();
  private final List<Sent> sent = new ArrayList<>();
  private final List<Outcome> outcomes = new ArrayList<>();
  private final List<String> ends = new ArrayList<>();
  private boolean ready;
  private HostConnection connection;
  private Wire wire;
  private TargetPdus target;

  private final HostConnection.Owner owner =
      new HostConnection.Owner() {
        @Override
        public void ready(HostConnection ready) {
          HostConnectionTest.this.ready = true;
        }

        @Override
        public void ended(HostConnection ended, String reason) {
          ends.add(reason);
        }
      };

  @AfterEach
  void everyCommandEnds() {
    if (wire != null) {
      wire.releaseWritten();
      wire.cut(CloseReason.BY_PEER);
      reactor.settle();
      assertThat(connection.inFlight()).isZero();
      assertThat(ends).hasSize(1);
      assertThat(reactor.time().alarmsPending()).isZero();
    }
    reactor.close();
  }

  private void open(int maxCommands, boolean hdgst, boolean ddgst) {
    target = new TargetPdus(hdgst, ddgst);
    connection =
        new HostConnection(
            new ConnectionOptions(
                maxCommands,
                hdgst,
                ddgst,
                IN_CAPSULE_BYTES,
                MAX_TRANSFER_BYTES,
                HANDSHAKE_NANOS,
                COMMAND_NANOS),
            owner,
            new ConnectionCounters());
    wire = new Wire(reactor, connection, (from, type, pdu) -> sent.add(new Sent(type, pdu)));
    wire.open();
    reactor.settle();
  }

  private void connect(int maxCommands, boolean hdgst, boolean ddgst, int cpda, long maxh2cdata) {
    open(maxCommands, hdgst, ddgst);
    wire.peerFramer.initialized(hdgst, ddgst, (cpda + 1) * 4);
    wire.deliver(target.icResp(cpda, maxh2cdata));
    reactor.settle();
    assertThat(ready).isTrue();
    sent.clear();
  }

  private void connect() {
    connect(8, false, false, 0, 128 << 10);
  }

  private HostCommand submit(int opcode, IoVector data, boolean sends) {
    HostCommand command = connection.tryAcquire();
    command.entry().start(opcode, command.cid()).nsid(1);
    if (sends) {
      command.sends(data);
    } else {
      command.receives(data);
    }
    command.onCompletion(this::note, null);
    connection.submit(command);
    return command;
  }

  private HostCommand submit(int opcode, IoVector data) {
    HostCommand command = submit(opcode, data, opcode == IoOpcode.WRITE);
    reactor.settle();
    return command;
  }

  private void note(HostCommand command) {
    outcomes.add(
        new Outcome(command.status(), command.result(), command.isLost(), command.wasSent()));
  }

  private void deliver(MemorySegment pdu) {
    wire.deliver(pdu);
    reactor.settle();
  }

  private static IoVector vector(MemorySegment... segments) {
    var vector = new IoVector();
    for (MemorySegment segment : segments) {
      vector.add(segment, 0, segment.byteSize());
    }
    return vector;
  }

  private static MemorySegment content(int length, long seed) {
    MemorySegment segment = TargetPdus.bytes(length);
    var random = new Random(seed);
    for (int i = 0; i < length; i++) {
      segment.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
    }
    return segment;
  }

  private Sent onlySent() {
    assertThat(sent).hasSize(1);
    return sent.removeFirst();
  }

  private void assertEndedWith(int fes, int fei) {
    assertThat(sent).isNotEmpty();
    Sent last = sent.getLast();
    assertThat(last.type()).isEqualTo(PduType.H2C_TERM_REQ);
    assertThat(last.termReq().fes()).isEqualTo(fes);
    assertThat(last.termReq().fei()).isEqualTo(fei);
    assertThat(wire.isClosed()).isTrue();
    assertThat(connection.isClosed()).isTrue();
    assertThat(connection.counters().faultsFound()).isEqualTo(1);
    assertThat(ends).singleElement().asString().contains(FatalErrorStatus.name(fes));
  }

  @ParameterizedTest
  @CsvSource({"false,false", "true,false", "false,true", "true,true"})
  void opened_sendsIcReq_readyWithIcResp(boolean hdgst, boolean ddgst) {
    open(8, hdgst, ddgst);
    IcReq request = new IcReq().wrap(onlySent().pdu(), 0);
    assertThat(request.dgst()).isEqualTo((hdgst ? 1 : 0) | (ddgst ? 2 : 0));
    assertThat(request.hpda()).isZero();
    assertThat(request.maxr2t()).isZero();
    assertThat(connection.tryAcquire()).isNull();
    deliver(target.icResp(0, 4096));
    assertThat(ready).isTrue();
    assertThat(connection.available()).isEqualTo(8);
  }

  @Test
  void icRespTooLate_ends() {
    open(8, false, false);
    reactor.advance(HANDSHAKE_NANOS - 1);
    assertThat(ends).isEmpty();
    reactor.advance(1);
    assertThat(ends).singleElement().asString().contains("ICResp");
  }

  @Test
  void icRespRefusesDigests_ends() {
    open(8, true, false);
    target = new TargetPdus(false, false);
    deliver(target.icResp(0, 4096));
    assertThat(ready).isFalse();
    assertThat(ends).singleElement().asString().contains("digests");
  }

  @Test
  void icRespWithDigestsNotAskedFor_isFault() {
    open(8, false, false);
    deliver(new TargetPdus(true, false).icResp(0, 4096));
    assertEndedWith(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, 11);
  }

  @Test
  void icRespWithSmallMaxh2cdata_isFault() {
    open(8, false, false);
    deliver(target.icResp(0, 4092));
    assertEndedWith(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, 12);
  }

  @Test
  void secondIcResp_isSequenceFault() {
    connect();
    deliver(target.icResp(0, 4096));
    assertEndedWith(FatalErrorStatus.PDU_SEQUENCE_ERROR, 0);
  }

  @Test
  void responseBeforeIcResp_isSequenceFault() {
    open(8, false, false);
    deliver(target.response(0, 0, 0));
    assertEndedWith(FatalErrorStatus.PDU_SEQUENCE_ERROR, 0);
  }

  @Test
  void failedToOpen_ends() {
    connection =
        new HostConnection(
            new ConnectionOptions(
                1, false, false, 0, MAX_TRANSFER_BYTES, HANDSHAKE_NANOS, COMMAND_NANOS),
            owner,
            new ConnectionCounters());
    connection.failedToOpen("refused");
    assertThat(ends).containsExactly("refused");
    assertThat(connection.isClosed()).isTrue();
  }

  @Test
  void closedBeforeOpened_endsAsSoonAsOpened() {
    connection =
        new HostConnection(
            new ConnectionOptions(
                1, false, false, 0, MAX_TRANSFER_BYTES, HANDSHAKE_NANOS, COMMAND_NANOS),
            owner,
            new ConnectionCounters());
    connection.close("not wanted any more");
    wire = new Wire(reactor, connection, (from, type, pdu) -> sent.add(new Sent(type, pdu)));
    wire.open();
    reactor.settle();
    assertThat(sent).isEmpty();
    assertThat(ends).containsExactly("not wanted any more");
  }

  @Test
  void commandsOfOneTurn_goOutInOneWrite() {
    connect();
    wire.batchSizes().clear();
    for (int i = 0; i < 5; i++) {
      submit(IoOpcode.READ, vector(TargetPdus.bytes(512)), false);
    }
    reactor.settle();
    assertThat(wire.batchSizes()).containsExactly(5);
  }

  @Test
  void table_isBoundedAndEveryPlaceComesBack() {
    connect(3, false, false, 0, 4096);
    var commands = new ArrayList<HostCommand>();
    for (int i = 0; i < 3; i++) {
      commands.add(submit(IoOpcode.FLUSH, new IoVector()));
    }
    assertThat(connection.available()).isZero();
    assertThat(connection.tryAcquire()).isNull();
    for (HostCommand command : commands) {
      deliver(target.response(command.cid(), 0, 7));
    }
    assertThat(outcomes).hasSize(3).allMatch(o -> o.status() == Status.SUCCESS && o.result() == 7);
    assertThat(connection.available()).isEqualTo(3);
  }

  @Test
  void completionMaySubmitTheNextCommandOnAFullTable() {
    connect(1, false, false, 0, 4096);
    HostCommand first = connection.tryAcquire();
    first.entry().start(IoOpcode.FLUSH, first.cid());
    var seen = new ArrayList<Integer>();
    first.onCompletion(
        done -> {
          HostCommand second = submit(IoOpcode.FLUSH, new IoVector(), false);
          seen.add(done.status());
          seen.add(second.cid());
        },
        null);
    connection.submit(first);
    reactor.settle();
    deliver(target.response(first.cid(), StatusCode.INVALID_OPCODE.status(), 0));
    assertThat(seen.getFirst()).isEqualTo(StatusCode.INVALID_OPCODE.status());
    deliver(target.response(seen.getLast(), 0, 0));
    assertThat(outcomes).hasSize(1);
  }

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

  @ParameterizedTest
  @CsvSource({"false,false,true", "true,true,true", "false,true,false", "true,false,false"})
  void read_takesAnySplit(boolean hdgst, boolean ddgst, boolean successFlag) {
    connect(8, hdgst, ddgst, 0, 4096);
    MemorySegment a = TargetPdus.bytes(1000);
    MemorySegment b = TargetPdus.bytes(7192);
    HostCommand command = submit(IoOpcode.READ, vector(a, b));
    MemorySegment content = content(8192, 3);
    int[] cuts = {0, 1, 999, 1000, 1003, 5000, 8192};
    for (int i = 1; i < cuts.length; i++) {
      boolean last = i == cuts.length - 1;
      int flags = last ? Pdu.FLAG_LAST_PDU | (successFlag ? Pdu.FLAG_SUCCESS : 0) : 0;
      deliver(
          target.data(
              command.cid(),
              cuts[i - 1],
              content.asSlice(cuts[i - 1], cuts[i] - cuts[i - 1]),
              flags));
    }
    if (!successFlag) {
      assertThat(outcomes).isEmpty();
      deliver(target.response(command.cid(), 0, 0));
    }
    assertThat(outcomes).containsExactly(new Outcome(0, 0, false, true));
    assertThat(vector(a, b).contentEquals(content, 0)).isTrue();
  }

  @Test
  void pdusInPieces_areTakenWhole() {
    connect();
    MemorySegment data = TargetPdus.bytes(512);
    HostCommand command = submit(IoOpcode.READ, vector(data));
    MemorySegment content = content(512, 4);
    MemorySegment pdu =
        target.data(command.cid(), 0, content, Pdu.FLAG_LAST_PDU | Pdu.FLAG_SUCCESS);
    for (int i = 0; i < pdu.byteSize(); i++) {
      deliver(pdu.asSlice(i, 1));
    }
    assertThat(outcomes).hasSize(1);
    assertThat(data.mismatch(content)).isEqualTo(-1);
  }

  @Test
  void wrongDataDigest_failsTheCommandOnly() {
    connect(8, false, true, 0, 4096);
    HostCommand command = submit(IoOpcode.READ, vector(TargetPdus.bytes(512)));
    MemorySegment pdu = target.data(command.cid(), 0, content(512, 5), Pdu.FLAG_LAST_PDU);
    pdu.set(ValueLayout.JAVA_BYTE, 100, (byte) ~pdu.get(ValueLayout.JAVA_BYTE, 100));
    deliver(pdu);
    deliver(target.response(command.cid(), 0, 0));
    assertThat(outcomes)
        .containsExactly(
            new Outcome(StatusCode.TRANSIENT_TRANSPORT_ERROR.status(), 0, false, true));
    assertThat(connection.isReady()).isTrue();
    assertThat(connection.counters().dataDigestErrors()).isEqualTo(1);
  }

  @Test
  void wrongHeaderDigest_isFault() {
    connect(8, true, false, 0, 4096);
    HostCommand command = submit(IoOpcode.FLUSH, new IoVector());
    MemorySegment pdu = target.response(command.cid(), 0, 0);
    pdu.set(ValueLayout.JAVA_BYTE, 10, (byte) 1);
    int digest = pdu.get(TargetPdus.U32, 24);
    deliver(pdu);
    assertEndedWith(FatalErrorStatus.HEADER_DIGEST_ERROR, digest);
  }

  @Test
  void readSucceedsWithDataMissing_isCommandError() {
    connect();
    HostCommand command = submit(IoOpcode.READ, vector(TargetPdus.bytes(1024)));
    deliver(target.data(command.cid(), 0, content(512, 6), Pdu.FLAG_LAST_PDU | Pdu.FLAG_SUCCESS));
    assertThat(outcomes)
        .containsExactly(new Outcome(StatusCode.DATA_TRANSFER_ERROR.status(), 0, false, true));
  }

  @Test
  void responseToUnknownCommand_isFault() {
    connect();
    HostCommand command = submit(IoOpcode.FLUSH, new IoVector());
    deliver(target.response(command.cid() + 1, 0, 0));
    assertEndedWith(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, 20);
    assertThat(outcomes).singleElement().matches(Outcome::lost);
  }

  @Test
  void responseTwice_isFault() {
    connect();
    HostCommand command = submit(IoOpcode.FLUSH, new IoVector());
    MemorySegment response = target.response(command.cid(), 0, 0);
    deliver(response);
    submit(IoOpcode.FLUSH, new IoVector());
    deliver(response);
    assertEndedWith(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, 20);
  }

  @Test
  void dataForUnknownCommand_isFault() {
    connect();
    deliver(target.data(0x7fff, 0, content(512, 7), Pdu.FLAG_LAST_PDU));
    assertEndedWith(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, 8);
  }

  @Test
  void dataForAWrite_isFault() {
    connect();
    HostCommand command = submit(IoOpcode.WRITE, vector(TargetPdus.bytes(512)));
    deliver(target.data(command.cid(), 0, content(512, 7), Pdu.FLAG_LAST_PDU));
    assertEndedWith(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, 8);
  }

  @ParameterizedTest
  @CsvSource({"513,512", "1,1024", "4294966784,512"})
  void dataBeyondTheCommand_isFault(long datao, int datal) {
    connect();
    HostCommand command = submit(IoOpcode.READ, vector(TargetPdus.bytes(1024)));
    deliver(target.data(command.cid(), datao, content(datal, 8), 0));
    assertEndedWith(FatalErrorStatus.DATA_TRANSFER_OUT_OF_RANGE, 0);
  }

  @Test
  void dataWithAGap_isFault() {
    connect();
    HostCommand command = submit(IoOpcode.READ, vector(TargetPdus.bytes(1024)));
    deliver(target.data(command.cid(), 512, content(512, 8), 0));
    assertEndedWith(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, 12);
  }

  @Test
  void dataAfterTheLast_isFault() {
    connect();
    HostCommand command = submit(IoOpcode.READ, vector(TargetPdus.bytes(1024)));
    deliver(target.data(command.cid(), 0, content(512, 8), Pdu.FLAG_LAST_PDU));
    deliver(target.data(command.cid(), 512, content(512, 8), Pdu.FLAG_LAST_PDU));
    assertEndedWith(FatalErrorStatus.PDU_SEQUENCE_ERROR, 0);
  }

  @Test
  void successWithoutLast_isFault() {
    connect();
    HostCommand command = submit(IoOpcode.READ, vector(TargetPdus.bytes(512)));
    deliver(target.data(command.cid(), 0, content(512, 8), Pdu.FLAG_SUCCESS));
    assertEndedWith(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, 1);
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

  @ParameterizedTest
  @ValueSource(ints = {PduType.CAPSULE_CMD, PduType.H2C_DATA, PduType.IC_REQ, 8, 0x0a, 0xff})
  void pduOfWrongDirectionOrUnknown_isFault(int type) {
    connect();
    MemorySegment pdu = target.response(0, 0, 0);
    pdu.set(ValueLayout.JAVA_BYTE, 0, (byte) type);
    deliver(pdu);
    assertEndedWith(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, 0);
  }

  @Test
  void c2hTermReq_endsWithoutAnswer() {
    connect();
    submit(IoOpcode.FLUSH, new IoVector());
    sent.clear();
    deliver(target.termReq(FatalErrorStatus.PDU_SEQUENCE_ERROR, 0));
    assertThat(sent).isEmpty();
    assertThat(ends).singleElement().asString().contains("PDU Sequence Error");
    assertThat(connection.counters().terminatedByPeer()).isEqualTo(1);
  }

  @Test
  void terminationThatDoesNotGoOut_isCut() {
    connect();
    wire.stall();
    deliver(target.data(0x7fff, 0, content(512, 7), Pdu.FLAG_LAST_PDU));
    assertThat(connection.isReady()).isFalse();
    assertThat(ends).isEmpty();
    reactor.advance(HostConnection.TERMINATION_TIMEOUT_NANOS);
    assertThat(sent).isEmpty();
    assertThat(ends).hasSize(1);
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

  @Test
  void answerWhileDataIsBeingWritten_completesWhenItIsWritten() {
    connect();
    wire.holdWritten();
    HostCommand command = submit(IoOpcode.WRITE, vector(TargetPdus.bytes(512)));
    deliver(target.response(command.cid(), StatusCode.INVALID_FIELD.status(), 0));
    assertThat(outcomes).isEmpty();
    wire.releaseWritten();
    assertThat(outcomes).hasSize(1);
  }

  @Test
  void lossWhileDataIsBeingWritten_endsWhenItIsWritten() {
    connect();
    wire.holdWritten();
    submit(IoOpcode.WRITE, vector(TargetPdus.bytes(512)));
    wire.cut(CloseReason.SOCKET_ERROR);
    assertThat(outcomes).isEmpty();
    assertThat(ends).isEmpty();
    wire.releaseWritten();
    assertThat(outcomes).singleElement().matches(Outcome::lost);
    assertThat(ends).hasSize(1);
  }

  @Test
  void loss_tellsWhetherACommandWasSent() {
    connect();
    submit(IoOpcode.FLUSH, new IoVector());
    submit(IoOpcode.FLUSH, new IoVector(), false);
    wire.cut(CloseReason.SOCKET_ERROR);
    int lost = StatusCode.HOST_PATHING_ERROR.status();
    assertThat(outcomes)
        .containsExactlyInAnyOrder(
            new Outcome(lost, 0, true, true), new Outcome(lost, 0, true, false));
  }

  @Test
  void silentTarget_endsAfterTheCommandsTimeLimit() {
    connect();
    submit(IoOpcode.FLUSH, new IoVector());
    reactor.advance(COMMAND_NANOS - 1);
    assertThat(ends).isEmpty();
    reactor.advance(COMMAND_NANOS / CommandTimeouts.TICKS_PER_TIMEOUT * 2);
    assertThat(ends).singleElement().asString().contains("no answer");
    assertThat(connection.counters().timedOut()).isEqualTo(1);
  }

  @Test
  void eventRequest_mayStayUnansweredAndAnIdleConnectionSetsNoAlarms() {
    connect();
    HostCommand command = connection.tryAcquire();
    command.entry().start(0x0c, command.cid());
    connection.submit(command.withoutTimeout().onCompletion(this::note, null));
    reactor.advance(COMMAND_NANOS * 3);
    assertThat(connection.isReady()).isTrue();
    assertThat(reactor.time().alarmsPending()).isZero();
  }

  @Test
  void randomAnswers_neverBreakTheRules() {
    long seed = System.nanoTime();
    System.out.println("HostConnectionTest.randomAnswers seed " + seed);
    var random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      ready = false;
      sent.clear();
      ends.clear();
      boolean digests = random.nextInt(4) == 0;
      connect(4, digests, digests, 0, 4096);
      for (int step = 0; step < 60 && !connection.isClosed(); step++) {
        if (connection.available() > 0 && random.nextBoolean()) {
          int opcode = random.nextBoolean() ? IoOpcode.READ : IoOpcode.WRITE;
          submit(opcode, vector(TargetPdus.bytes(512 << random.nextInt(5))));
        } else {
          deliver(randomPdu(random));
        }
      }
      wire.cut(CloseReason.BY_PEER);
      reactor.settle();
      assertThat(connection.inFlight()).isZero();
      assertThat(ends).hasSize(1);
    }
  }

  private MemorySegment randomPdu(Random random) {
    int cid = 1 << 12 | random.nextInt(5);
    if (random.nextInt(3) > 0 && !sent.isEmpty()) {
      Sent some = sent.get(random.nextInt(sent.size()));
      cid = some.type() == PduType.CAPSULE_CMD ? some.entry().cid() : cid;
    }
    long offset = random.nextInt(3) == 0 ? random.nextInt(8192) : 0;
    MemorySegment pdu =
        switch (random.nextInt(4)) {
          case 0 -> target.response(cid, random.nextInt(4) == 0 ? random.nextInt(0x8000) : 0, 0);
          case 1 -> target.r2t(cid, random.nextInt(), offset, 1 + random.nextInt(8192));
          case 2 ->
              target.data(
                  cid,
                  offset,
                  content(1 + random.nextInt(8192), offset),
                  random.nextInt(4) << 2 & (Pdu.FLAG_LAST_PDU | Pdu.FLAG_SUCCESS));
          default -> target.data(cid, 0, content(512, 1), Pdu.FLAG_LAST_PDU | Pdu.FLAG_SUCCESS);
        };
    if (random.nextInt(4) == 0) {
      long at = random.nextLong(pdu.byteSize());
      pdu.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt());
    }
    return pdu;
  }
}
