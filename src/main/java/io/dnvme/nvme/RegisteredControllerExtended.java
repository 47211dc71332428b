package io.dnvme.nvme;

/**
 * One registrant in the extended form of a {@link ReservationStatus}, the only one over Fabrics
 * (NVMe Base 2.0 §7.5). Values as in {@link RegisteredController}.
 */
public final class RegisteredControllerExtended extends Structure<RegisteredControllerExtended> {

  public static final int SIZE = 64;

  public static final Field.Number<RegisteredControllerExtended> CNTLID = Field.u16(0);
  public static final Field.Number<RegisteredControllerExtended> RCSTS = Field.u8(2);
  public static final Field.Number<RegisteredControllerExtended> RKEY = Field.u64(8);
  public static final Field.Bytes<RegisteredControllerExtended> HOSTID = new Field.Bytes<>(16, 16);

  public RegisteredControllerExtended() {
    super(SIZE);
  }
}
