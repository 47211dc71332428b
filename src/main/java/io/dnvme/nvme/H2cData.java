package io.dnvme.nvme;

/** Host to Controller Data, the answer to an R2T (NVMe/TCP Transport 1.0 §3.6.2.8). */
public final class H2cData extends Pdu<H2cData> {

  /** Bytes of the header. */
  public static final int SIZE = 24;

  public static final int CCCID = 8;
  public static final int TTAG = 10;
  public static final int DATAO = 12;
  public static final int DATAL = 16;

  /** Writes the header of a PDU whose data follows without padding, fields zero but DATAL. */
  public H2cData start(long datal, boolean last, boolean hdgst, boolean ddgst) {
    return zero(SIZE)
        .withData(PduType.H2C_DATA, last ? FLAG_LAST_PDU : 0, SIZE, datal, hdgst, ddgst)
        .u32(DATAL, datal);
  }

  public boolean isLast() {
    return (flags() & FLAG_LAST_PDU) != 0;
  }

  /** The command's identifier. */
  public int cccid() {
    return u16(CCCID);
  }

  public H2cData cccid(int cccid) {
    return u16(CCCID, cccid);
  }

  /** The R2T's transfer tag. */
  public int ttag() {
    return u16(TTAG);
  }

  public H2cData ttag(int ttag) {
    return u16(TTAG, ttag);
  }

  /** Where in the command's data this belongs, in bytes. */
  public long datao() {
    return u32(DATAO);
  }

  public H2cData datao(long datao) {
    return u32(DATAO, datao);
  }

  /** Bytes of data in this PDU. */
  public long datal() {
    return u32(DATAL);
  }
}
