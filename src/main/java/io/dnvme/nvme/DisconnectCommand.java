package io.dnvme.nvme;

/** Disconnect: ends the I/O queue it comes on (NVMe Base 2.0 §6.4). */
public final class DisconnectCommand extends FabricsCommand<DisconnectCommand> {

  public static final int RECFMT = 40;

  public DisconnectCommand start(int cid) {
    return startFabrics(FCTYPE_DISCONNECT, cid);
  }

  public int recfmt() {
    return u16(RECFMT);
  }
}
