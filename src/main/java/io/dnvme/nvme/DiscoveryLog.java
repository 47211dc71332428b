package io.dnvme.nvme;

/**
 * Discovery, log page 70h: its header; {@link DiscoveryEntry}s follow (NVMe Base 2.0 §5.16.1.23).
 */
public final class DiscoveryLog extends Structure<DiscoveryLog> {

  /** Bytes of the header. */
  public static final int SIZE = 1024;

  /** Grows with every change: a host that reads it changed must read the log again. */
  public static final Field.Number<DiscoveryLog> GENCTR = Field.u64(0);

  /** Entries that follow. */
  public static final Field.Number<DiscoveryLog> NUMREC = Field.u64(8);

  public static final Field.Number<DiscoveryLog> RECFMT = Field.u16(16);

  /** Of Get Log Page's LSP: extended entries, only the port's own, all subsystems. */
  public static final int LSP_EXTENDED_ENTRIES = 1;

  public static final int LSP_PORT_LOCAL_ENTRIES_ONLY = 1 << 1;
  public static final int LSP_ALL_SUBSYSTEM_ENTRIES = 1 << 2;

  public DiscoveryLog() {
    super(SIZE);
  }
}
