package io.dnvme.nvme;

/** Abort (NVMe Base 2.0 §5.1). */
public final class AbortCommand extends Command<AbortCommand> {

  public static final int SQID = 40;
  public static final int ABORTED_CID = 42;

  /** Of the completion's dword 0: the command was not aborted. */
  public static final int RESULT_NOT_ABORTED = 1;

  public AbortCommand start(int cid, int sqid, int abortedCid) {
    return start(AdminOpcode.ABORT, cid).u16(SQID, sqid).u16(ABORTED_CID, abortedCid);
  }

  public int sqid() {
    return u16(SQID);
  }

  public int abortedCid() {
    return u16(ABORTED_CID);
  }
}
