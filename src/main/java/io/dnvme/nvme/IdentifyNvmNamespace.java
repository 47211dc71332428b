package io.dnvme.nvme;

/**
 * I/O Command Set specific Identify Namespace for the NVM command set, CNS 05h (NVM Command Set 1.0
 * §4.1.5.3). All zeroes where there is no protection information.
 */
public final class IdentifyNvmNamespace extends Structure<IdentifyNvmNamespace> {

  public static final int SIZE = 4096;

  public static final Field.Number<IdentifyNvmNamespace> LBSTM = Field.u64(0);
  public static final Field.Number<IdentifyNvmNamespace> PIC = Field.u8(8);
  public static final Field.Number<IdentifyNvmNamespace> ELBAF0 = Field.u32(12);

  public IdentifyNvmNamespace() {
    super(SIZE);
  }
}
