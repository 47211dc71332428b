package io.dnvme.nvme;

/**
 * Asymmetric Namespace Access, log page 0Ch: its header; as many {@link AnaGroupDescriptor}s follow
 * (NVMe Base 2.0 §5.16.1.13).
 */
public final class AnaLog extends Structure<AnaLog> {

  /** Bytes of the header. */
  public static final int SIZE = 16;

  /** Counts the changes of the log, up to its largest value, then from 0. */
  public static final Field.Number<AnaLog> CHGCNT = Field.u64(0);

  /** Descriptors that follow. */
  public static final Field.Number<AnaLog> NAGD = Field.u16(8);

  /** Of Get Log Page's LSP: descriptors without their namespaces. */
  public static final int LSP_GROUPS_ONLY = 1;

  public AnaLog() {
    super(SIZE);
  }
}
