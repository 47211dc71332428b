package io.dnvme.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.FatalErrorStatus;
import io.dnvme.nvme.IcReq;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What one side asks for and the other agrees to, before any command. */
class HostConnectionHandshakeTest extends HostConnectionFixture {

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
}
