package io.dnvme.nvme;

/** Data of the Host Behavior Support feature (NVMe Base 2.0 §5.27.1.18): 1 enables. */
public final class HostBehaviorSupport extends Structure<HostBehaviorSupport> {

  public static final int SIZE = 512;

  /** The host takes Command Interrupted and retry delays. */
  public static final Field.Number<HostBehaviorSupport> ACRE = Field.u8(0);

  public static final Field.Number<HostBehaviorSupport> ETDAS = Field.u8(1);

  /** The host takes extended LBA formats. */
  public static final Field.Number<HostBehaviorSupport> LBAFEE = Field.u8(2);

  public HostBehaviorSupport() {
    super(SIZE);
  }
}
