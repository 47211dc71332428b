package io.dnvme.nvme;

/**
 * Reservation Register, Acquire, Release and Report (NVMe Base 2.0 §7.2 to §7.5). The data of the
 * first three is {@link ReservationKeys}, of a report {@link ReservationStatus}.
 */
public final class ReservationCommand extends Command<ReservationCommand> {

  public static final int CDW11 = 44;

  /** What a register, acquire or release does. */
  public static final BitField ACTION = BitField.bits(2, 0);

  /** Ignore existing key. */
  public static final BitField IEKEY = BitField.bit(3);

  /** Of acquire and release. */
  public static final BitField RTYPE = BitField.bits(15, 8);

  /** Of register: change persist through power loss. */
  public static final BitField CPTPL = BitField.bits(31, 30);

  public static final int CPTPL_NO_CHANGE = 0;
  public static final int CPTPL_CLEAR = 2;
  public static final int CPTPL_SET = 3;

  public static final int RREGA_REGISTER = 0;
  public static final int RREGA_UNREGISTER = 1;
  public static final int RREGA_REPLACE = 2;

  public static final int RACQA_ACQUIRE = 0;
  public static final int RACQA_PREEMPT = 1;
  public static final int RACQA_PREEMPT_AND_ABORT = 2;

  public static final int RRELA_RELEASE = 0;
  public static final int RRELA_CLEAR = 1;

  public static final int RTYPE_NONE = 0;
  public static final int RTYPE_WRITE_EXCLUSIVE = 1;
  public static final int RTYPE_EXCLUSIVE_ACCESS = 2;
  public static final int RTYPE_WRITE_EXCLUSIVE_REGISTRANTS_ONLY = 3;
  public static final int RTYPE_EXCLUSIVE_ACCESS_REGISTRANTS_ONLY = 4;
  public static final int RTYPE_WRITE_EXCLUSIVE_ALL_REGISTRANTS = 5;
  public static final int RTYPE_EXCLUSIVE_ACCESS_ALL_REGISTRANTS = 6;

  /** Of report, dword 11: extended data structure, with host ids of 128 bits. */
  public static final BitField EDS = BitField.bit(0);

  /** A register, acquire or release; {@code fields} are {@link #ACTION} and those beside it. */
  public ReservationCommand start(int opc, int cid, int nsid, int fields) {
    return start(opc, cid).nsid(nsid).u32(CDW10, fields);
  }

  /**
   * @param lengthBytes a multiple of 4, above 0
   */
  public ReservationCommand startReport(int cid, int nsid, long lengthBytes, boolean extended) {
    return start(IoOpcode.RESERVATION_REPORT, cid)
        .nsid(nsid)
        .u32(CDW10, lengthBytes / 4 - 1)
        .u32(CDW11, extended ? 1 : 0)
        .sglTransport(lengthBytes);
  }

  /** RREGA, RACQA or RRELA. */
  public int action() {
    return ACTION.get(i32(CDW10));
  }

  public boolean isIgnoreExistingKey() {
    return IEKEY.isSet(i32(CDW10));
  }

  public int rtype() {
    return RTYPE.get(i32(CDW10));
  }

  public int cptpl() {
    return CPTPL.get(i32(CDW10));
  }

  /** Of report: bytes asked for, 4 to 2^34. */
  public long reportLengthBytes() {
    return (u32(CDW10) + 1) * 4;
  }

  public boolean isExtendedReport() {
    return EDS.isSet(i32(CDW11));
  }
}
