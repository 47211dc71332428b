package io.dnvme.nvme;

/**
 * One group in the {@link AnaLog}: this header, then the ids of its namespaces in ascending order
 * (NVMe Base 2.0 §5.16.1.13).
 */
public final class AnaGroupDescriptor extends Structure<AnaGroupDescriptor> {

  /** Bytes of the header. */
  public static final int SIZE = 32;

  public static final Field.Number<AnaGroupDescriptor> AGID = Field.u32(0);

  /** Namespace ids that follow. */
  public static final Field.Number<AnaGroupDescriptor> NNV = Field.u32(4);

  /** The log's CHGCNT when the group changed last; 0 if that is not kept. */
  public static final Field.Number<AnaGroupDescriptor> CHGCNT = Field.u64(8);

  /** ANA state, bits 3:0. */
  public static final Field.Number<AnaGroupDescriptor> STATE = Field.u8(16);

  public static final int STATE_OPTIMIZED = 0x1;
  public static final int STATE_NON_OPTIMIZED = 0x2;
  public static final int STATE_INACCESSIBLE = 0x3;
  public static final int STATE_PERSISTENT_LOSS = 0x4;
  public static final int STATE_CHANGE = 0xf;

  public AnaGroupDescriptor() {
    super(SIZE);
  }

  public int nsid(int index) {
    return i32(SIZE + 4L * index);
  }

  public AnaGroupDescriptor nsid(int index, int nsid) {
    return u32(SIZE + 4L * index, nsid);
  }

  /** Bytes of a descriptor with so many namespaces. */
  public static int sizeWith(int namespaces) {
    return SIZE + 4 * namespaces;
  }
}
