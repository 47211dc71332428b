package io.dnvme.initiator;

import io.dnvme.nvme.C2hData;
import io.dnvme.nvme.CapsuleResp;
import io.dnvme.nvme.CompletionQueueEntry;
import io.dnvme.nvme.Crc32c;
import io.dnvme.nvme.IcResp;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.R2t;
import io.dnvme.nvme.TermReq;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** What a target sends, as bytes; right or wrong as the test wants. */
final class TargetPdus {

  static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Crc32c crc = new Crc32c();
  private final boolean hdgst;
  private final boolean ddgst;

  TargetPdus(boolean hdgst, boolean ddgst) {
    this.hdgst = hdgst;
    this.ddgst = ddgst;
  }

  static MemorySegment bytes(long size) {
    return Arena.ofAuto().allocate(size);
  }

  MemorySegment icResp(int cpda, long maxh2cdata) {
    MemorySegment pdu = bytes(IcResp.SIZE);
    new IcResp()
        .wrap(pdu, 0)
        .start()
        .cpda(cpda)
        .dgst((hdgst ? 1 : 0) | (ddgst ? 2 : 0))
        .maxh2cdata(maxh2cdata);
    return pdu;
  }

  MemorySegment response(int cid, int status, long result) {
    MemorySegment pdu = bytes(CapsuleResp.SIZE + digest(hdgst));
    CapsuleResp response = new CapsuleResp().wrap(pdu, 0).start(hdgst);
    new CompletionQueueEntry().wrap(pdu, CapsuleResp.RCCQE).complete(result, 0, cid, status);
    response.seal(crc);
    return pdu;
  }

  MemorySegment data(int cid, long datao, MemorySegment content, int flags) {
    long length = content.byteSize();
    int header = C2hData.SIZE + digest(hdgst);
    MemorySegment pdu = bytes(header + length + digest(ddgst));
    new C2hData().wrap(pdu, 0).start(flags, length, hdgst, ddgst).cccid(cid).datao(datao).seal(crc);
    MemorySegment.copy(content, 0, pdu, header, length);
    if (ddgst) {
      pdu.set(U32, header + length, crc.of(content, 0, length));
    }
    return pdu;
  }

  MemorySegment r2t(int cid, int ttag, long r2to, long r2tl) {
    MemorySegment pdu = bytes(R2t.SIZE + digest(hdgst));
    new R2t().wrap(pdu, 0).start(hdgst).cccid(cid).ttag(ttag).r2to(r2to).r2tl(r2tl).seal(crc);
    return pdu;
  }

  MemorySegment termReq(int fes, int fei) {
    MemorySegment pdu = bytes(TermReq.SIZE);
    new TermReq().wrap(pdu, 0).start(PduType.C2H_TERM_REQ, fes, fei, pdu, 0, 0);
    return pdu;
  }

  private static int digest(boolean on) {
    return on ? Crc32c.SIZE : 0;
  }
}
