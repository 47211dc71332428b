package io.dnvme.target.queue;

import io.dnvme.nvme.C2hData;
import io.dnvme.nvme.CapsuleResp;
import io.dnvme.nvme.CompletionQueueEntry;
import io.dnvme.nvme.Crc32c;
import io.dnvme.nvme.IcReq;
import io.dnvme.nvme.IcResp;
import io.dnvme.nvme.Pdu;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.R2t;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.connection.OutgoingPdus;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Writes what goes to the host: ICResp, R2T, C2HData, CapsuleResp, with the digests agreed on
 * (NVMe/TCP Transport 1.0 §3.6.2). On the queue's reactor.
 */
final class AnswerWriter {

  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final TransportLimits limits;
  private final Crc32c crc = new Crc32c();
  private final IcResp icResp = new IcResp();
  private final R2t r2t = new R2t();
  private final C2hData c2hData = new C2hData();
  private final CapsuleResp capsuleResp = new CapsuleResp();
  private final CompletionQueueEntry entry = new CompletionQueueEntry();

  private boolean hdgst;
  private boolean ddgst;
  private int dataAlignmentBytes = 4;
  private boolean successFlag;

  AnswerWriter(TransportLimits limits) {
    this.limits = limits;
    successFlag = limits.successWithFlowControl();
  }

  /** What the host asked for in its ICReq, as far as it is offered. */
  void negotiated(boolean hdgst, boolean ddgst, int dataAlignmentBytes) {
    this.hdgst = hdgst;
    this.ddgst = ddgst;
    this.dataAlignmentBytes = dataAlignmentBytes;
  }

  /** The host wants no submission queue heads: SUCCESS can stand for every completion. */
  void noFlowControl() {
    successFlag = true;
  }

  void writeIcResp(OutgoingPdus batch) {
    int at = batch.reserve(IcResp.SIZE);
    icResp
        .wrap(batch.headers(), at)
        .start()
        .pfv(IcReq.PFV_1_0)
        .cpda(0)
        .dgst((hdgst ? IcReq.DGST_HDGST_ENABLE : 0) | (ddgst ? IcReq.DGST_DDGST_ENABLE : 0))
        .maxh2cdata(limits.maxH2cDataBytes());
  }

  void writeR2t(OutgoingPdus batch, int cid, int ttag, int offset, int lengthBytes) {
    int at = batch.reserve(R2t.SIZE + headerDigestBytes());
    r2t.wrap(batch.headers(), at)
        .start(hdgst)
        .cccid(cid)
        .ttag(ttag)
        .r2to(offset)
        .r2tl(lengthBytes)
        .seal(crc);
  }

  /**
   * Writes the slot's answer, or as much of it as the batch takes.
   *
   * @return whether all of it is in the batch
   */
  boolean writeAnswer(OutgoingPdus batch, CommandSlot slot, int sqhd) {
    boolean success = Status.isSuccess(slot.status());
    int length = success ? slot.replyLength() : 0;
    boolean implied = successFlag && success && slot.status() == 0 && slot.result() == 0;
    while (slot.replySent() < length) {
      if (batch.isFull()) {
        return false;
      }
      int sent = slot.replySent();
      int part = Math.min(length - sent, limits.maxC2hDataBytes());
      boolean last = sent + part == length;
      int flags = last ? Pdu.FLAG_LAST_PDU | (implied ? Pdu.FLAG_SUCCESS : 0) : 0;
      writeC2hData(batch, slot, sent, part, flags);
      slot.replySent(sent + part);
    }
    if (length > 0 && implied) {
      return true;
    }
    if (batch.isFull()) {
      return false;
    }
    int at = batch.reserve(CapsuleResp.SIZE + headerDigestBytes());
    capsuleResp.wrap(batch.headers(), at).start(hdgst);
    entry
        .wrap(batch.headers(), at + CapsuleResp.RCCQE)
        .complete(slot.result(), sqhd, slot.sqe().cid(), slot.status());
    capsuleResp.seal(crc);
    return true;
  }

  private void writeC2hData(OutgoingPdus batch, CommandSlot slot, int from, int length, int flags) {
    int header = C2hData.SIZE + headerDigestBytes();
    int pdo = (header + dataAlignmentBytes - 1) / dataAlignmentBytes * dataAlignmentBytes;
    int at = batch.reserve(pdo);
    MemorySegment headers = batch.headers();
    c2hData.wrap(headers, at).start(flags, length, hdgst, ddgst).cccid(slot.sqe().cid());
    c2hData.datao(from);
    if (pdo > header) {
      long plen = pdo + (long) length + (ddgst ? Crc32c.SIZE : 0);
      c2hData.commonHeader(PduType.C2H_DATA, c2hData.flags(), C2hData.SIZE, pdo, plen);
      headers.asSlice(at + header, pdo - header).fill((byte) 0);
    }
    c2hData.seal(crc);
    batch.payload(slot.reply(), from, length);
    if (slot.isReplyLent()) {
      batch.borrowed();
    }
    if (ddgst) {
      headers.set(U32, batch.reserve(Crc32c.SIZE), crc.of(slot.reply(), from, length));
    }
  }

  private int headerDigestBytes() {
    return hdgst ? Crc32c.SIZE : 0;
  }
}
