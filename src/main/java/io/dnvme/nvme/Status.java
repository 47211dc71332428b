package io.dnvme.nvme;

/**
 * A completion's Status field as an {@code int}: the 15 bits above the phase tag (NVMe Base 2.0
 * §3.3.3.2.1).
 *
 * <pre>
 *   14    13   12:11  10:8   7:0
 *   DNR    M    CRD   SCT    SC
 * </pre>
 *
 * {@link StatusCode} has the values by name.
 */
public final class Status {

  public static final BitField SC = BitField.bits(7, 0);
  public static final BitField SCT = BitField.bits(10, 8);

  /** Which of the controller's retry delays CRDT1 to CRDT3 applies; zero for none. */
  public static final BitField CRD = BitField.bits(12, 11);

  /** The error log page has more on this command. */
  public static final int MORE = 1 << 13;

  /** Do not retry: the same command would fail again. */
  public static final int DNR = 1 << 14;

  public static final int SUCCESS = 0;

  public static final int SCT_GENERIC = 0;
  public static final int SCT_COMMAND_SPECIFIC = 1;
  public static final int SCT_MEDIA = 2;
  public static final int SCT_PATH = 3;
  public static final int SCT_VENDOR = 7;

  /** All bits of the field. */
  public static final int MASK = 0x7fff;

  private static final int CODE_MASK = 0x7ff;

  private Status() {}

  public static int of(int sct, int sc) {
    return sct << 8 | sc;
  }

  public static int sc(int status) {
    return SC.get(status);
  }

  public static int sct(int status) {
    return SCT.get(status);
  }

  /** Type and code without the flags: what {@link StatusCode#status()} compares with. */
  public static int code(int status) {
    return status & CODE_MASK;
  }

  public static boolean isSuccess(int status) {
    return code(status) == SUCCESS;
  }

  public static boolean isPathRelated(int status) {
    return sct(status) == SCT_PATH;
  }

  public static boolean isDnr(int status) {
    return (status & DNR) != 0;
  }

  public static int withDnr(int status) {
    return status | DNR;
  }

  public static int withMore(int status) {
    return status | MORE;
  }

  /** {@code status} with retry delay 1, 2 or 3. */
  public static int withRetryDelay(int status, int crd) {
    return CRD.with(status, crd);
  }

  /** For messages: name, type and code, flags. */
  public static String describe(int status) {
    StatusCode known = StatusCode.find(status);
    return (known == null ? "unknown status" : known.name())
        + String.format(" (SCT %Xh SC %02Xh", sct(status), sc(status))
        + (isDnr(status) ? ", DNR)" : ")");
  }
}
