package io.dnvme.nvme;

import static io.dnvme.nvme.PduFramer.Outcome.FAULT;
import static io.dnvme.nvme.PduFramer.Outcome.HEADER;
import static io.dnvme.nvme.PduFramer.Outcome.INCOMPLETE;
import static io.dnvme.nvme.PduFramer.Outcome.WHOLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PduFramerTest {

  private static final long MAXH2CDATA = 8192;

  private final MemorySegment buffer = Hex.dirty(32 * 1024);
  private final Crc32c crc = new Crc32c();

  private static PduFramer controller(boolean hdgst, boolean ddgst) {
    var framer = new PduFramer(PduFramer.Role.CONTROLLER);
    framer.initialized(hdgst, ddgst, 4);
    framer.maxDataBytes(MAXH2CDATA);
    return framer;
  }

  private static PduFramer host(boolean hdgst, boolean ddgst) {
    var framer = new PduFramer(PduFramer.Role.HOST);
    framer.initialized(hdgst, ddgst, 4);
    framer.maxDataBytes(65536);
    return framer;
  }

  private static void assertFault(PduFramer framer, String commonHeader, int fes, int fei) {
    var segment = Hex.segment(commonHeader);
    assertThat(segment.byteSize()).isEqualTo(8);
    assertThat(framer.frame(segment, 0, 8)).as(commonHeader).isEqualTo(FAULT);
    assertThat(framer.fes()).as("FES of " + commonHeader).isEqualTo(fes);
    assertThat(framer.fei()).as("FEI of " + commonHeader).isEqualTo(fei);
  }

  private void seal(int dataOffset, int dataLength) {
    int digest = crc.of(buffer, dataOffset, dataLength);
    buffer.set(ValueLayout.JAVA_INT_UNALIGNED, dataOffset + dataLength, digest);
  }

  @Test
  void icReq_growsByteByByte() {
    var framer = new PduFramer(PduFramer.Role.CONTROLLER);
    new IcReq().wrap(buffer, 3).start();
    for (int arrived = 0; arrived < 128; arrived++) {
      assertThat(framer.frame(buffer, 3, 3 + arrived)).isEqualTo(INCOMPLETE);
      assertThat(framer.neededBytes()).isEqualTo(arrived < 8 ? 8 : 128);
    }
    assertThat(framer.frame(buffer, 3, 3 + 128)).isEqualTo(WHOLE);
    assertThat(framer.type()).isEqualTo(PduType.IC_REQ);
    assertThat(framer.plen()).isEqualTo(128);
    assertThat(framer.dataBytes()).isZero();
    assertThat(framer.frame(buffer, 3, 3 + 500)).isEqualTo(WHOLE);
  }

  @Test
  void capsuleWithDataAndDigests_headerThenWhole() {
    var framer = controller(true, true);
    new CapsuleCmd().wrap(buffer, 0).startWithData(512, true, true).seal(crc);
    seal(76, 512);
    assertThat(framer.frame(buffer, 0, 75)).isEqualTo(INCOMPLETE);
    assertThat(framer.neededBytes()).isEqualTo(76);
    assertThat(framer.frame(buffer, 0, 76)).isEqualTo(HEADER);
    assertThat(framer.neededBytes()).isEqualTo(76 + 512 + 4);
    assertThat(framer.frame(buffer, 0, 76 + 512 + 3)).isEqualTo(HEADER);
    assertThat(framer.frame(buffer, 0, 76 + 512 + 4)).isEqualTo(WHOLE);
    assertThat(framer.dataOffset()).isEqualTo(76);
    assertThat(framer.dataBytes()).isEqualTo(512);
    assertThat(framer.hasDataDigest()).isTrue();
    assertThat(framer.isDataDigestRight(buffer, 0)).isTrue();

    buffer.set(ValueLayout.JAVA_BYTE, 100, (byte) 0);
    assertThat(framer.frame(buffer, 0, 76 + 512 + 4)).isEqualTo(WHOLE);
    assertThat(framer.isDataDigestRight(buffer, 0)).isFalse();
  }

  @Test
  void headerDigestWrong_saysWhatWasReceived() {
    var framer = controller(true, false);
    new CapsuleCmd().wrap(buffer, 0).start(true).seal(crc);
    assertThat(framer.frame(buffer, 0, 76)).isEqualTo(WHOLE);
    buffer.set(ValueLayout.JAVA_INT_UNALIGNED, 72, 0x0102_0304);
    assertThat(framer.frame(buffer, 0, 76)).isEqualTo(FAULT);
    assertThat(framer.fes()).isEqualTo(FatalErrorStatus.HEADER_DIGEST_ERROR);
    assertThat(framer.fei()).isEqualTo(0x0102_0304);
  }

  @Test
  void dataAligned_beginsWhereItWasAskedFor() {
    var framer = new PduFramer(PduFramer.Role.CONTROLLER);
    framer.initialized(false, false, 128);
    new CapsuleCmd()
        .wrap(buffer, 0)
        .commonHeader(PduType.CAPSULE_CMD, 0, CapsuleCmd.SIZE, 128, 128 + 512);
    assertThat(framer.frame(buffer, 0, 1024)).isEqualTo(WHOLE);
    assertThat(framer.dataOffset()).isEqualTo(128);
    assertThat(framer.dataBytes()).isEqualTo(512);
    assertFault(framer, "04004848 48020000", FatalErrorStatus.INVALID_PDU_HEADER_FIELD, Pdu.PDO);
  }

  @Test
  void everyPduToTheHost_isFramed() {
    for (boolean digests : new boolean[] {false, true}) {
      var framer = host(digests, digests);
      int digest = digests ? 4 : 0;

      new CapsuleResp().wrap(buffer, 0).start(digests).seal(crc);
      assertThat(framer.frame(buffer, 0, 24 + digest)).isEqualTo(WHOLE);

      new R2t().wrap(buffer, 0).start(digests).r2tl(4096).seal(crc);
      assertThat(framer.frame(buffer, 0, 24 + digest)).isEqualTo(WHOLE);

      new C2hData()
          .wrap(buffer, 0)
          .start(Pdu.FLAG_LAST_PDU | Pdu.FLAG_SUCCESS, 512, digests, digests)
          .seal(crc);
      assertThat(framer.frame(buffer, 0, 24 + digest + 511)).isEqualTo(HEADER);
      assertThat(framer.frame(buffer, 0, 24 + digest + 512 + digest)).isEqualTo(WHOLE);
      assertThat(framer.hasDataDigest()).isEqualTo(digests);

      new TermReq().wrap(buffer, 0).start(PduType.C2H_TERM_REQ, 1, 0, buffer, 512, 8);
      assertThat(framer.frame(buffer, 0, 32)).isEqualTo(WHOLE);
      assertThat(framer.dataOffset()).isEqualTo(24);
      assertThat(framer.dataBytes()).isEqualTo(8);
      assertThat(framer.isDataDigestRight(buffer, 0)).isTrue();
    }
    new IcResp().wrap(buffer, 0).start().maxh2cdata(4096);
    assertThat(new PduFramer(PduFramer.Role.HOST).frame(buffer, 0, 128)).isEqualTo(WHOLE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "05001800",
        "07001818",
        "09001800",
        "01008000",
        "03001800",
        "08001800",
        "ff001800"
      })
  void typeNotForTheController_isABadTypeField(String start) {
    for (var framer :
        new PduFramer[] {controller(false, false), new PduFramer(PduFramer.Role.CONTROLLER)}) {
      assertFault(framer, start + "18000000", FatalErrorStatus.INVALID_PDU_HEADER_FIELD, 0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"00008000", "02001800", "04004800", "06001818", "08001800"})
  void typeNotForTheHost_isABadTypeField(String start) {
    assertFault(
        host(false, false), start + "18000000", FatalErrorStatus.INVALID_PDU_HEADER_FIELD, 0);
  }

  @Test
  void pduOutOfSequence_isTold() {
    int sequence = FatalErrorStatus.PDU_SEQUENCE_ERROR;
    assertFault(new PduFramer(PduFramer.Role.CONTROLLER), "0400480048000000", sequence, 0);
    assertFault(new PduFramer(PduFramer.Role.CONTROLLER), "0600181818100000", sequence, 0);
    assertFault(controller(false, false), "0000800080000000", sequence, 0);
    assertFault(new PduFramer(PduFramer.Role.HOST), "0500180018000000", sequence, 0);
    assertFault(host(false, false), "0100800080000000", sequence, 0);
  }

  @Test
  void termReq_isTakenBeforeAndAfterInitialization() {
    new TermReq().wrap(buffer, 0).start(PduType.H2C_TERM_REQ, 1, 0, buffer, 512, 128);
    assertThat(new PduFramer(PduFramer.Role.CONTROLLER).frame(buffer, 0, 152)).isEqualTo(WHOLE);
    assertThat(controller(true, true).frame(buffer, 0, 152)).isEqualTo(WHOLE);
  }

  /** Common header, digests (h, d or both), FES, FEI. */
  @ParameterizedTest
  @CsvSource({
    // HLEN
    "0400470048000000, -, 1, 2",
    "0400000000000000, -, 1, 2",
    "0600481848100000, -, 1, 2",
    "0200190019000000, -, 1, 2",
    // HDGSTF is not what was agreed
    "0401480048000000, -, 1, 1",
    "0400480048000000, h, 1, 1",
    "060418181c100000, h, 1, 1",
    // DDGSTF is not what was agreed
    "0402484848020000, -, 1, 1",
    "0400484848020000, d, 1, 1",
    "0402480048000000, d, 1, 1",
    // PLEN too short for the header, for its digest, for the data's digest, without data
    "0400480047000000, -, 1, 4",
    "0401480048000000, h, 1, 4",
    "040248484c000000, d, 1, 4",
    "0600181818000000, -, 1, 4",
    "0200180017000000, -, 1, 4",
    // PDO inside the header, inside its digest, not aligned, behind the end
    "0400480048020000, -, 1, 3",
    "0401484848020000, h, 1, 3",
    "0400484948020000, -, 1, 3",
    "0400488050000000, -, 1, 4",
    // several: the first in the header counts
    "0401470900000000, -, 1, 1",
    "0400470900000000, -, 1, 2",
    "0400480980000000, -, 1, 3",
    "06021818ffffffff, -, 1, 1",
    "06001817ffffffff, -, 1, 3",
    // more than the limits: 8 KiB in the capsule, MAXH2CDATA, 128 bytes quoted, all of 32 bits
    "0400484849200000, -, 5, 0",
    "0600181819200000, -, 5, 0",
    "0200180099000000, -, 1, 4",
    "04004848ffffffff, -, 5, 0",
    "06001818ffffffff, -, 5, 0",
    "02001800ffffffff, -, 1, 4",
  })
  void commonHeaderWrong_isToldAtOnce(String header, String digests, int fes, int fei) {
    assertFault(controller(digests.contains("h"), digests.contains("d")), header, fes, fei);
  }

  @Test
  void icReqOfAnotherLength_isToldAtOnce() {
    assertFault(new PduFramer(PduFramer.Role.CONTROLLER), "00007f0080000000", 1, Pdu.HLEN);
    assertFault(new PduFramer(PduFramer.Role.CONTROLLER), "0000800081000000", 1, Pdu.PLEN);
    assertFault(new PduFramer(PduFramer.Role.CONTROLLER), "00008000ffffffff", 1, Pdu.PLEN);
  }

  @Test
  void lengthsForTheHostWrong_areToldAtOnce() {
    assertFault(host(false, false), "0500180019000000", 1, Pdu.PLEN);
    assertFault(host(true, false), "0501180018000000", 1, Pdu.PLEN);
    assertFault(host(true, false), "050018001c000000", 1, Pdu.FLAGS);
    assertFault(host(false, false), "09001900ffffffff", 1, Pdu.HLEN);
    assertFault(host(false, false), "09001800ffffffff", 1, Pdu.PLEN);
    assertFault(
        host(false, false), "0700181819000100", FatalErrorStatus.DATA_TRANSFER_OUT_OF_RANGE, 0);
  }

  @Test
  void largestData_isTaken() {
    var framer = controller(true, true);
    framer.maxInCapsuleDataBytes(4096);
    new CapsuleCmd().wrap(buffer, 0).startWithData(4096, true, true).seal(crc);
    assertThat(framer.frame(buffer, 0, 76)).isEqualTo(HEADER);
    new CapsuleCmd().wrap(buffer, 0).startWithData(4097, true, true).seal(crc);
    assertThat(framer.frame(buffer, 0, 8)).isEqualTo(FAULT);
    new H2cData().wrap(buffer, 0).start(MAXH2CDATA, true, true, true).seal(crc);
    assertThat(framer.frame(buffer, 0, 28)).isEqualTo(HEADER);
    new H2cData().wrap(buffer, 0).start(MAXH2CDATA + 1, true, true, true).seal(crc);
    assertThat(framer.frame(buffer, 0, 8)).isEqualTo(FAULT);
    assertThat(framer.fes()).isEqualTo(FatalErrorStatus.DATA_TRANSFER_LIMIT_EXCEEDED);
  }

  @Test
  void dataLengthNotThePdus_isABadField() {
    var framer = controller(false, false);
    new H2cData().wrap(buffer, 0).start(512, true, false, false).u32(H2cData.DATAL, 511);
    assertThat(framer.frame(buffer, 0, 24)).isEqualTo(FAULT);
    assertThat(framer.fes()).isEqualTo(FatalErrorStatus.INVALID_PDU_HEADER_FIELD);
    assertThat(framer.fei()).isEqualTo(H2cData.DATAL);

    new C2hData().wrap(buffer, 0).start(0, 512, false, false).u32(C2hData.DATAL, 0);
    assertThat(host(false, false).frame(buffer, 0, 24)).isEqualTo(FAULT);
  }

  @Test
  void successWithoutLast_isABadField() {
    var framer = host(false, false);
    new C2hData().wrap(buffer, 0).start(Pdu.FLAG_SUCCESS, 512, false, false);
    assertThat(framer.frame(buffer, 0, 8)).isEqualTo(FAULT);
    assertThat(framer.fes()).isEqualTo(FatalErrorStatus.INVALID_PDU_HEADER_FIELD);
    assertThat(framer.fei()).isEqualTo(Pdu.FLAGS);
  }

  @Test
  void r2tForNothing_isABadField() {
    var framer = host(false, false);
    new R2t().wrap(buffer, 0).start(false);
    assertThat(framer.frame(buffer, 0, 24)).isEqualTo(FAULT);
    assertThat(framer.fei()).isEqualTo(R2t.R2TL);
  }

  @Test
  void icReqWithWrongParameters_isAFault() {
    var framer = new PduFramer(PduFramer.Role.CONTROLLER);
    new IcReq().wrap(buffer, 0).start().pfv(1);
    assertThat(framer.frame(buffer, 0, 128)).isEqualTo(FAULT);
    assertThat(framer.fes()).isEqualTo(FatalErrorStatus.UNSUPPORTED_PARAMETER);
    assertThat(framer.fei()).isEqualTo(IcReq.PFV);

    new IcReq().wrap(buffer, 0).start().hpda(32);
    assertThat(framer.frame(buffer, 0, 128)).isEqualTo(FAULT);
    assertThat(framer.fes()).isEqualTo(FatalErrorStatus.INVALID_PDU_HEADER_FIELD);
    assertThat(framer.fei()).isEqualTo(IcReq.HPDA);

    new IcReq().wrap(buffer, 0).start().hpda(31);
    assertThat(framer.frame(buffer, 0, 128)).isEqualTo(WHOLE);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 4092, 4097, 4098})
  void icRespWithWrongMaxh2cdata_isAFault(long maxh2cdata) {
    var framer = new PduFramer(PduFramer.Role.HOST);
    new IcResp().wrap(buffer, 0).start().maxh2cdata(maxh2cdata);
    assertThat(framer.frame(buffer, 0, 128)).isEqualTo(FAULT);
    assertThat(framer.fes()).isEqualTo(FatalErrorStatus.INVALID_PDU_HEADER_FIELD);
    assertThat(framer.fei()).isEqualTo(IcResp.MAXH2CDATA);
  }

  @Test
  void termReqOfAWrongLength_isToldAsSuch() {
    var framer = controller(true, true);
    assertFault(framer, "02001800ffffffff", 1, Pdu.PLEN);
    assertThat(framer.isTermReq()).isTrue();
    assertFault(framer, "04001800ffffffff", 1, Pdu.FLAGS);
    assertThat(framer.isTermReq()).isFalse();
  }

  @Test
  void laterCheck_notesItsFaultInTheSamePlace() {
    var framer = controller(false, false);
    assertThat(framer.fault(FatalErrorStatus.DATA_TRANSFER_OUT_OF_RANGE, 0)).isEqualTo(FAULT);
    assertThat(framer.fes()).isEqualTo(FatalErrorStatus.DATA_TRANSFER_OUT_OF_RANGE);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 6, 132})
  void alignmentThatCannotBeAsked_isRefused(int bytes) {
    var framer = new PduFramer(PduFramer.Role.HOST);
    assertThatThrownBy(() -> framer.initialized(false, false, bytes))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
