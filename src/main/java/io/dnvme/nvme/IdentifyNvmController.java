package io.dnvme.nvme;

/**
 * I/O Command Set specific Identify Controller for the NVM command set, CNS 06h (NVM Command Set
 * 1.0 §4.1.5.4). Size limits are 2^n pages of the size CAP.MPSMIN; 0 for no limit of its own.
 */
public final class IdentifyNvmController extends Structure<IdentifyNvmController> {

  public static final int SIZE = 4096;

  /** Limits of Verify, Write Zeroes and Write Uncorrectable. */
  public static final Field.Number<IdentifyNvmController> VSL = Field.u8(0);

  public static final Field.Number<IdentifyNvmController> WZSL = Field.u8(1);
  public static final Field.Number<IdentifyNvmController> WUSL = Field.u8(2);

  /** Dataset Management at most: ranges; blocks in one range; blocks in all ranges. */
  public static final Field.Number<IdentifyNvmController> DMRL = Field.u8(3);

  public static final Field.Number<IdentifyNvmController> DMRSL = Field.u32(4);
  public static final Field.Number<IdentifyNvmController> DMSL = Field.u64(8);

  public IdentifyNvmController() {
    super(SIZE);
  }
}
