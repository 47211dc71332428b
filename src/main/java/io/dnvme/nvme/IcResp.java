package io.dnvme.nvme;

/** Initialize Connection Response, controller to host (NVMe/TCP Transport 1.0 §3.6.2.3). */
public final class IcResp extends Pdu<IcResp> {

  public static final int SIZE = 128;

  public static final int PFV = 8;
  public static final int CPDA = 10;
  public static final int DGST = 11;
  public static final int MAXH2CDATA = 12;

  /** The smallest MAXH2CDATA that a controller may state, in bytes. */
  public static final int MIN_MAXH2CDATA = 4096;

  /** Writes a response of zeroes but for the common header; MAXH2CDATA must still be set. */
  public IcResp start() {
    return zero(SIZE).commonHeader(PduType.IC_RESP, 0, SIZE, 0, SIZE);
  }

  public int pfv() {
    return u16(PFV);
  }

  public IcResp pfv(int pfv) {
    return u16(PFV, pfv);
  }

  /** Alignment that the controller wants of data to it, in dwords, 0's based. */
  public int cpda() {
    return u8(CPDA);
  }

  public IcResp cpda(int cpda) {
    return u8(CPDA, cpda);
  }

  /** Bits as in {@link IcReq#dgst()}. */
  public int dgst() {
    return u8(DGST);
  }

  public IcResp dgst(int dgst) {
    return u8(DGST, dgst);
  }

  /** The most data that one H2CData may carry, in bytes; a multiple of 4. */
  public long maxh2cdata() {
    return u32(MAXH2CDATA);
  }

  public IcResp maxh2cdata(long maxh2cdata) {
    return u32(MAXH2CDATA, maxh2cdata);
  }
}
