package io.dnvme.nvme;

/** Controller to Host Data (NVMe/TCP Transport 1.0 §3.6.2.9). */
public final class C2hData extends Pdu<C2hData> {

  /** Bytes of the header. */
  public static final int SIZE = 24;

  public static final int CCCID = 8;
  public static final int DATAO = 12;
  public static final int DATAL = 16;

  /**
   * Writes the header of a PDU whose data follows without padding, fields zero but DATAL.
   *
   * @param flags {@link #FLAG_LAST_PDU} and, only with it, {@link #FLAG_SUCCESS}; digest flags are
   *     added here
   */
  public C2hData start(int flags, long datal, boolean hdgst, boolean ddgst) {
    return zero(SIZE)
        .withData(PduType.C2H_DATA, flags, SIZE, datal, hdgst, ddgst)
        .u32(DATAL, datal);
  }

  public boolean isLast() {
    return (flags() & FLAG_LAST_PDU) != 0;
  }

  public boolean isSuccess() {
    return (flags() & FLAG_SUCCESS) != 0;
  }

  /** The command's identifier. */
  public int cccid() {
    return u16(CCCID);
  }

  public C2hData cccid(int cccid) {
    return u16(CCCID, cccid);
  }

  /** Where in the command's data this belongs, in bytes. */
  public long datao() {
    return u32(DATAO);
  }

  public C2hData datao(long datao) {
    return u32(DATAO, datao);
  }

  /** Bytes of data in this PDU. */
  public long datal() {
    return u32(DATAL);
  }
}
