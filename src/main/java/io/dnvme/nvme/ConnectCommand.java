package io.dnvme.nvme;

/**
 * Connect: makes a queue pair of a transport connection (NVMe Base 2.0 §6.3). Its data is {@link
 * ConnectData}.
 */
public final class ConnectCommand extends FabricsCommand<ConnectCommand> {

  public static final int RECFMT = 40;
  public static final int QID = 42;
  public static final int SQSIZE = 44;
  public static final int CATTR = 46;
  public static final int KATO = 48;

  /** Of {@link #cattr()}: the host does not want SQHD maintained. */
  public static final BitField CATTR_DISABLE_SQ_FLOW_CONTROL = BitField.bit(2);

  /** Of {@link #cattr()}: the host may end one I/O queue with Disconnect. */
  public static final BitField CATTR_IO_QUEUE_DELETION = BitField.bit(3);

  /** Of the completion's dword 0 after success: the controller's id; authentication wanted. */
  public static final BitField RESULT_CNTLID = BitField.bits(15, 0);

  public static final BitField RESULT_AUTHREQ_ATR = BitField.bit(17);
  public static final BitField RESULT_AUTHREQ_ASCR = BitField.bit(18);

  /** Of dword 0 after Connect Invalid Parameters: the bad field's offset, and where it is. */
  public static final BitField RESULT_IPO = BitField.bits(15, 0);

  /** Set: {@link #RESULT_IPO} counts in the data; clear: in the command. */
  public static final BitField RESULT_IATTR_DATA = BitField.bit(16);

  /** A Connect of record format 0, all other fields zero. */
  public ConnectCommand start(int cid) {
    return startFabrics(FCTYPE_CONNECT, cid);
  }

  /** Dword 0 for Connect Invalid Parameters because of a field of the command. */
  public static int invalidInCommand(int fieldOffset) {
    return fieldOffset;
  }

  /** Dword 0 for Connect Invalid Parameters because of a field of {@link ConnectData}. */
  public static int invalidInData(int fieldOffset) {
    return RESULT_IATTR_DATA.with(fieldOffset, 1);
  }

  public int recfmt() {
    return u16(RECFMT);
  }

  public ConnectCommand recfmt(int recfmt) {
    return u16(RECFMT, recfmt);
  }

  /** 0 for the admin queue. */
  public int qid() {
    return u16(QID);
  }

  public ConnectCommand qid(int qid) {
    return u16(QID, qid);
  }

  /** Entries of the submission queue, 0's based. */
  public int sqsize() {
    return u16(SQSIZE);
  }

  public ConnectCommand sqsize(int sqsize) {
    return u16(SQSIZE, sqsize);
  }

  public int cattr() {
    return u8(CATTR);
  }

  public ConnectCommand cattr(int cattr) {
    return u8(CATTR, cattr);
  }

  /** Milliseconds; 0 for no keep alive. */
  public long kato() {
    return u32(KATO);
  }

  public ConnectCommand kato(long milliseconds) {
    return u32(KATO, milliseconds);
  }
}
