package io.dnvme.nvme;

/** One registrant in a {@link ReservationStatus} (NVMe Base 2.0 §7.5). */
public final class RegisteredController extends Structure<RegisteredController> {

  public static final int SIZE = 24;

  /** {@link #CNTLID_DYNAMIC} for a host without an association now. */
  public static final Field.Number<RegisteredController> CNTLID = Field.u16(0);

  public static final Field.Number<RegisteredController> RCSTS = Field.u8(2);

  /** The host id of 64 bits, in its order. */
  public static final Field.Bytes<RegisteredController> HOSTID = new Field.Bytes<>(8, 8);

  public static final Field.Number<RegisteredController> RKEY = Field.u64(16);

  public static final int CNTLID_DYNAMIC = 0xffff;

  /** Of RCSTS: holds the reservation. */
  public static final int RCSTS_HOLDER = 1;

  public RegisteredController() {
    super(SIZE);
  }
}
