package io.dnvme.nvme;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** Every PDU's bytes, written by hand from NVMe/TCP Transport 1.0 §3.6.2. */
class PduGoldenTest {

  private static final String IC_REQ =
      Hex.padded("00 00 80 00  80000000  0000 1f 03  07000000", 128);
  private static final String IC_RESP =
      Hex.padded("01 00 80 00  80000000  0000 03 01  00000200", 128);
  private static final String H2C_TERM_REQ =
      "02 00 18 00  1c000000  0300 78563412 00000000000000000000  a1a2a3a4".replace(" ", "");
  private static final String C2H_DATA =
      "07 0c 18 18  18100000  3412 0000  00200000  00100000  00000000".replace(" ", "");

  private final MemorySegment buffer = Hex.dirty(256);

  private String written(long size) {
    return Hex.of(buffer, 8, size);
  }

  @Test
  void icReq_asSpecified() {
    new IcReq().wrap(buffer, 8).start().hpda(31).dgst(3).maxr2t(7);
    assertThat(written(IcReq.SIZE)).isEqualTo(IC_REQ);

    var read = new IcReq().wrap(Hex.segment(IC_REQ), 0);
    assertThat(read.type()).isEqualTo(PduType.IC_REQ);
    assertThat(read.hlen()).isEqualTo(128);
    assertThat(read.plen()).isEqualTo(128);
    assertThat(read.pfv()).isEqualTo(IcReq.PFV_1_0);
    assertThat(read.hpda()).isEqualTo(31);
    assertThat(read.dgst()).isEqualTo(IcReq.DGST_HDGST_ENABLE | IcReq.DGST_DDGST_ENABLE);
    assertThat(read.maxr2t()).isEqualTo(7);
    assertThat(read.pfv(0x0201).segment().get(ValueLayout.JAVA_BYTE, 9)).isEqualTo((byte) 2);
  }

  @Test
  void icResp_asSpecified() {
    new IcResp().wrap(buffer, 8).start().cpda(3).dgst(1).maxh2cdata(131072);
    assertThat(written(IcResp.SIZE)).isEqualTo(IC_RESP);

    var read = new IcResp().wrap(Hex.segment(IC_RESP), 0);
    assertThat(read.type()).isEqualTo(PduType.IC_RESP);
    assertThat(read.plen()).isEqualTo(128);
    assertThat(read.pfv()).isZero();
    assertThat(read.cpda()).isEqualTo(3);
    assertThat(read.dgst()).isEqualTo(IcReq.DGST_HDGST_ENABLE);
    assertThat(read.maxh2cdata()).isEqualTo(131072);
  }

  @Test
  void termReq_quotesTheWrongHeader() {
    var wrong = Hex.segment("ffa1a2a3a4ff");
    new TermReq().wrap(buffer, 8).start(PduType.H2C_TERM_REQ, 3, 0x12345678, wrong, 1, 4);
    assertThat(written(28)).isEqualTo(H2C_TERM_REQ);

    var read = new TermReq().wrap(Hex.segment(H2C_TERM_REQ), 0);
    assertThat(read.type()).isEqualTo(PduType.H2C_TERM_REQ);
    assertThat(read.plen()).isEqualTo(28);
    assertThat(read.fes()).isEqualTo(FatalErrorStatus.HEADER_DIGEST_ERROR);
    assertThat(read.fei()).isEqualTo(0x12345678);
  }

  @Test
  void termReq_quotesAtMost128Bytes() {
    var wrong = Hex.segment("ab".repeat(200));
    var written = new TermReq().wrap(buffer, 8).start(PduType.C2H_TERM_REQ, 1, 4, wrong, 0, 200);
    assertThat(written.plen()).isEqualTo(TermReq.MAX_SIZE).isEqualTo(152);
    assertThat(Hex.of(buffer, 8 + 151, 2)).isEqualTo("abee");
  }

  @Test
  void capsuleCmd_withoutData() {
    buffer.fill((byte) 0);
    new CapsuleCmd().wrap(buffer, 8).start(false);
    assertThat(written(16)).isEqualTo("0400480048000000" + "00".repeat(8));
  }

  @Test
  void capsuleCmd_withDataAndBothDigests() {
    new CapsuleCmd().wrap(buffer, 8).startWithData(4096, true, true);
    // 72 + 4 + 4096 + 4 = 4176 = 1050h; the data begins at 76 = 4Ch
    assertThat(written(8)).isEqualTo("0403484c50100000");

    var read = new PduHeader().wrap(Hex.segment("0403484c50100000"), 0);
    assertThat(read.type()).isEqualTo(PduType.CAPSULE_CMD);
    assertThat(read.hasHeaderDigest()).isTrue();
    assertThat(read.hasDataDigest()).isTrue();
    assertThat(read.hlen()).isEqualTo(CapsuleCmd.SIZE);
    assertThat(read.headerBytes()).isEqualTo(76);
    assertThat(read.pdo()).isEqualTo(76);
    assertThat(read.plen()).isEqualTo(4176);
    assertThat(read.dataBytes()).isEqualTo(4096);
  }

  @Test
  void capsuleResp_asSpecified() {
    new CapsuleResp().wrap(buffer, 8).start(false);
    new CompletionQueueEntry()
        .wrap(buffer, 8 + CapsuleResp.RCCQE)
        .complete(0x0807060504030201L, 0x0a09, 0x1234, StatusCode.INVALID_FIELD.dnr());
    assertThat(written(CapsuleResp.SIZE))
        .isEqualTo("0500180018000000" + "0102030405060708" + "090a" + "0000" + "3412" + "0480");
  }

  @Test
  void capsuleResp_sealedWithItsDigest() {
    buffer.fill((byte) 0);
    new CapsuleResp().wrap(buffer, 8).start(true).seal(new Crc32c());
    assertThat(written(8)).isEqualTo("050118001c000000");
    int expected = new Crc32c().of(buffer, 8, 24);
    assertThat(Hex.of(buffer, 32, 4))
        .isEqualTo(String.format("%08x", Integer.reverseBytes(expected)));
    assertThat(Hex.of(buffer, 36, 4)).isEqualTo("00000000");
  }

  @Test
  void h2cData_asSpecified() {
    new H2cData()
        .wrap(buffer, 8)
        .start(0x1000, true, true, false)
        .cccid(0x1234)
        .ttag(0x5678)
        .datao(0x2000);
    // 24 + 4 + 4096 = 101Ch; the data begins at 28 = 1Ch
    String golden = "06 05 18 1c  1c100000  3412 7856  00200000  00100000  00000000";
    assertThat(written(H2cData.SIZE)).isEqualTo(golden.replace(" ", ""));

    var read = new H2cData().wrap(Hex.segment(golden), 0);
    assertThat(read.type()).isEqualTo(PduType.H2C_DATA);
    assertThat(read.isLast()).isTrue();
    assertThat(read.cccid()).isEqualTo(0x1234);
    assertThat(read.ttag()).isEqualTo(0x5678);
    assertThat(read.datao()).isEqualTo(0x2000);
    assertThat(read.datal()).isEqualTo(0x1000).isEqualTo(read.dataBytes());
  }

  @Test
  void c2hData_asSpecified() {
    new C2hData()
        .wrap(buffer, 8)
        .start(Pdu.FLAG_LAST_PDU | Pdu.FLAG_SUCCESS, 0x1000, false, false)
        .cccid(0x1234)
        .datao(0x2000);
    assertThat(written(C2hData.SIZE)).isEqualTo(C2H_DATA);

    var read = new C2hData().wrap(Hex.segment(C2H_DATA), 0);
    assertThat(read.type()).isEqualTo(PduType.C2H_DATA);
    assertThat(read.isLast()).isTrue();
    assertThat(read.isSuccess()).isTrue();
    assertThat(read.hasDataDigest()).isFalse();
    assertThat(read.cccid()).isEqualTo(0x1234);
    assertThat(read.datao()).isEqualTo(0x2000);
    assertThat(read.datal()).isEqualTo(0x1000);
  }

  @Test
  void r2t_asSpecified() {
    new R2t()
        .wrap(buffer, 8)
        .start(false)
        .cccid(0x1234)
        .ttag(0xfffe)
        .r2to(0x8000_0000L)
        .r2tl(0xffff_fffcL);
    String golden = "09 00 18 00  18000000  3412 feff  00000080  fcffffff  00000000";
    assertThat(written(R2t.SIZE)).isEqualTo(golden.replace(" ", ""));

    var read = new R2t().wrap(Hex.segment(golden), 0);
    assertThat(read.type()).isEqualTo(PduType.R2T);
    assertThat(read.cccid()).isEqualTo(0x1234);
    assertThat(read.ttag()).isEqualTo(0xfffe);
    assertThat(read.r2to()).isEqualTo(0x8000_0000L);
    assertThat(read.r2tl()).isEqualTo(0xffff_fffcL);
  }

  @Test
  void sizes_areTheSpecifications() {
    assertThat(IcReq.SIZE).isEqualTo(128);
    assertThat(IcResp.SIZE).isEqualTo(128);
    assertThat(TermReq.SIZE).isEqualTo(24);
    assertThat(CapsuleCmd.SIZE).isEqualTo(8 + Command.SIZE).isEqualTo(72);
    assertThat(CapsuleResp.SIZE).isEqualTo(8 + CompletionQueueEntry.SIZE).isEqualTo(24);
    assertThat(H2cData.SIZE).isEqualTo(24);
    assertThat(C2hData.SIZE).isEqualTo(24);
    assertThat(R2t.SIZE).isEqualTo(24);
  }

  @Test
  void everyTypeAndFault_hasAName() {
    for (int type : new int[] {0, 1, 2, 3, 4, 5, 6, 7, 9}) {
      assertThat(PduType.name(type)).doesNotContain("reserved");
    }
    assertThat(PduType.name(8)).isEqualTo("reserved PDU type 8");
    for (int fes = 1; fes <= 6; fes++) {
      assertThat(FatalErrorStatus.name(fes)).doesNotContain("reserved");
    }
    assertThat(FatalErrorStatus.name(7)).isEqualTo("reserved fatal error status 7");
  }
}
