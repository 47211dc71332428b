package io.dnvme.nvme;

/**
 * Ready to Transfer: the controller asks for part of a command's data (NVMe/TCP Transport 1.0
 * §3.6.2.10).
 */
public final class R2t extends Pdu<R2t> {

  public static final int SIZE = 24;

  public static final int CCCID = 8;
  public static final int TTAG = 10;
  public static final int R2TO = 12;
  public static final int R2TL = 16;

  /** Writes the common header and zeroes the fields. */
  public R2t start(boolean hdgst) {
    return zero(SIZE).headerOnly(PduType.R2T, SIZE, hdgst);
  }

  /** The command's identifier. */
  public int cccid() {
    return u16(CCCID);
  }

  public R2t cccid(int cccid) {
    return u16(CCCID, cccid);
  }

  /** The controller's transfer tag, which the data brings back. */
  public int ttag() {
    return u16(TTAG);
  }

  public R2t ttag(int ttag) {
    return u16(TTAG, ttag);
  }

  /** Where in the command's data the asked part begins, in bytes. */
  public long r2to() {
    return u32(R2TO);
  }

  public R2t r2to(long r2to) {
    return u32(R2TO, r2to);
  }

  /** Bytes asked for. */
  public long r2tl() {
    return u32(R2TL);
  }

  public R2t r2tl(long r2tl) {
    return u32(R2TL, r2tl);
  }
}
