package io.dnvme.nvme;

/** One range of a {@link DatasetManagementCommand} (NVM Command Set 1.0 §3.2.3). */
public final class DatasetRange extends Flyweight<DatasetRange> {

  public static final int SIZE = 16;

  public static final int CATTR = 0;
  public static final int LENGTH = 4;
  public static final int SLBA = 8;

  public DatasetRange set(long slba, long blocks) {
    return u32(CATTR, 0).u32(LENGTH, blocks).u64(SLBA, slba);
  }

  /** Logical blocks; may be zero. */
  public long blocks() {
    return u32(LENGTH);
  }

  /** The first logical block; unsigned. */
  public long slba() {
    return u64(SLBA);
  }
}
