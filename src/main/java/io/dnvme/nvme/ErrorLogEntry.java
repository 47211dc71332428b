package io.dnvme.nvme;

/** One entry of Error Information, log page 01h (NVMe Base 2.0 §5.16.1.2). */
public final class ErrorLogEntry extends Structure<ErrorLogEntry> {

  public static final int SIZE = 64;

  /** Number of the error since the controller was made; 0 says that the entry is empty. */
  public static final Field.Number<ErrorLogEntry> ERROR_COUNT = Field.u64(0);

  public static final Field.Number<ErrorLogEntry> SQID = Field.u16(8);
  public static final Field.Number<ErrorLogEntry> CID = Field.u16(10);

  /** As in the completion: {@link Status} shifted left over the phase tag. */
  public static final Field.Number<ErrorLogEntry> STATUS = Field.u16(12);

  /** The bad byte in the command (bits 7:0) and its bit (10:8); FFFFh if there is none. */
  public static final Field.Number<ErrorLogEntry> PARAMETER_ERROR_LOCATION = Field.u16(14);

  public static final Field.Number<ErrorLogEntry> LBA = Field.u64(16);
  public static final Field.Number<ErrorLogEntry> NSID = Field.u32(24);
  public static final Field.Number<ErrorLogEntry> VENDOR_LOG_PAGE = Field.u8(28);
  public static final Field.Number<ErrorLogEntry> TRTYPE = Field.u8(29);
  public static final Field.Number<ErrorLogEntry> COMMAND_SPECIFIC = Field.u64(32);
  public static final Field.Number<ErrorLogEntry> TRTYPE_SPECIFIC = Field.u16(40);

  public static final int NO_PARAMETER = 0xffff;

  public ErrorLogEntry() {
    super(SIZE);
  }
}
