package io.dnvme.nvme;

/** Initialize Connection Request, host to controller (NVMe/TCP Transport 1.0 §3.6.2.2). */
public final class IcReq extends Pdu<IcReq> {

  public static final int SIZE = 128;

  public static final int PFV = 8;
  public static final int HPDA = 10;
  public static final int DGST = 11;
  public static final int MAXR2T = 12;

  /** The one PDU format version there is. */
  public static final int PFV_1_0 = 0;

  /** Of {@link #dgst()}: use header digests, use data digests. */
  public static final int DGST_HDGST_ENABLE = 1;

  public static final int DGST_DDGST_ENABLE = 1 << 1;

  /** The largest HPDA and CPDA: data aligned to 128 bytes. */
  public static final int MAX_DATA_ALIGNMENT = 31;

  /** Writes a request of zeroes: no digests, no alignment, one R2T at a time. */
  public IcReq start() {
    return zero(SIZE).commonHeader(PduType.IC_REQ, 0, SIZE, 0, SIZE);
  }

  public int pfv() {
    return u16(PFV);
  }

  public IcReq pfv(int pfv) {
    return u16(PFV, pfv);
  }

  /** Alignment that the host wants of data to it, in dwords, 0's based. */
  public int hpda() {
    return u8(HPDA);
  }

  public IcReq hpda(int hpda) {
    return u8(HPDA, hpda);
  }

  public int dgst() {
    return u8(DGST);
  }

  public IcReq dgst(int dgst) {
    return u8(DGST, dgst);
  }

  /** R2Ts that may be outstanding for one command, 0's based. */
  public long maxr2t() {
    return u32(MAXR2T);
  }

  public IcReq maxr2t(long maxr2t) {
    return u32(MAXR2T, maxr2t);
  }
}
