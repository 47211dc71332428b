package io.dnvme.nvme;

import java.lang.foreign.MemorySegment;

/**
 * Terminate Connection Request of either side: H2CTermReq and C2HTermReq share one layout (NVMe/TCP
 * Transport 1.0 §3.6.2.4 and §3.6.2.5). Behind the header comes the header of the PDU that was
 * wrong. It never has digests.
 */
public final class TermReq extends Pdu<TermReq> {

  /** Bytes of the header. */
  public static final int SIZE = 24;

  public static final int FES = 8;
  public static final int FEI = 10;

  /** The most that follows the header, in bytes. */
  public static final int MAX_DATA_SIZE = 128;

  public static final int MAX_SIZE = SIZE + MAX_DATA_SIZE;

  /**
   * Writes the whole PDU.
   *
   * @param type {@link PduType#H2C_TERM_REQ} or {@link PduType#C2H_TERM_REQ}
   * @param fes {@link FatalErrorStatus}
   * @param fei see {@link FatalErrorStatus}
   * @param lengthBytes what is there of the wrong PDU's header; at most 128 are quoted
   */
  public TermReq start(
      int type, int fes, int fei, MemorySegment wrong, long wrongOffset, long lengthBytes) {
    long quoted = Math.min(lengthBytes, MAX_DATA_SIZE);
    zero(SIZE).commonHeader(type, 0, SIZE, 0, SIZE + quoted);
    MemorySegment.copy(wrong, wrongOffset, segment(), offset() + SIZE, quoted);
    return u16(FES, fes).u32(FEI, fei);
  }

  public int fes() {
    return u16(FES);
  }

  public int fei() {
    return i32(FEI);
  }
}
