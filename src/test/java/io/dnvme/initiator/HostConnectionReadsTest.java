package io.dnvme.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.FatalErrorStatus;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.Pdu;
import io.dnvme.nvme.StatusCode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Data from the controller, and what is believed of it. */
class HostConnectionReadsTest extends HostConnectionFixture {

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
  void readSucceedsWithDataMissing_isCommandError() {
    connect();
    HostCommand command = submit(IoOpcode.READ, vector(TargetPdus.bytes(1024)));
    deliver(target.data(command.cid(), 0, content(512, 6), Pdu.FLAG_LAST_PDU | Pdu.FLAG_SUCCESS));
    assertThat(outcomes)
        .containsExactly(new Outcome(StatusCode.DATA_TRANSFER_ERROR.status(), 0, false, true));
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
}
