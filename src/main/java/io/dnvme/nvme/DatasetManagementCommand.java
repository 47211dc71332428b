package io.dnvme.nvme;

/** Dataset Management; its data is up to 256 {@link DatasetRange}s (NVM Command Set 1.0 §3.2.3). */
public final class DatasetManagementCommand extends Command<DatasetManagementCommand> {

  public static final int NR = 40;
  public static final int ATTRIBUTES = 44;

  /** Hints: the ranges are read or written as a whole. */
  public static final int IDR = 1;

  public static final int IDW = 1 << 1;

  /** Deallocate. */
  public static final int AD = 1 << 2;

  public static final int MAX_RANGES = 256;

  public DatasetManagementCommand start(int cid, int nsid, int ranges, int attributes) {
    return start(IoOpcode.DATASET_MANAGEMENT, cid)
        .nsid(nsid)
        .u8(NR, ranges - 1)
        .u32(ATTRIBUTES, attributes);
  }

  /** 1 to 256. */
  public int ranges() {
    return u8(NR) + 1;
  }

  public int attributes() {
    return i32(ATTRIBUTES);
  }

  public boolean isDeallocate() {
    return (attributes() & AD) != 0;
  }
}
