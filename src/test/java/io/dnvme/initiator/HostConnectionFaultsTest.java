package io.dnvme.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.IoVector;
import io.dnvme.nvme.FatalErrorStatus;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.Pdu;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.connection.CloseReason;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Transport faults of any PDU, termination, and answers at random. */
class HostConnectionFaultsTest extends HostConnectionFixture {

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
  void randomAnswers_neverBreakTheRules() {
    long seed = System.nanoTime();
    System.out.println("HostConnectionFaultsTest.randomAnswers seed " + seed);
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
