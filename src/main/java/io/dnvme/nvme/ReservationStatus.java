package io.dnvme.nvme;

/**
 * Data of Reservation Report: its header. {@link RegisteredController}s follow, behind {@link
 * #EXTENDED_SIZE} bytes in the extended form (NVMe Base 2.0 §7.5).
 */
public final class ReservationStatus extends Structure<ReservationStatus> {

  /** Bytes of the header. */
  public static final int SIZE = 24;

  /** Bytes of the extended form's header. */
  public static final int EXTENDED_SIZE = 64;

  /** Generation: changes with registrations and preemptions. */
  public static final Field.Number<ReservationStatus> GEN = Field.u32(0);

  public static final Field.Number<ReservationStatus> RTYPE = Field.u8(4);

  /** Registered controllers that follow. */
  public static final Field.Number<ReservationStatus> REGCTL = Field.u16(5);

  public static final Field.Number<ReservationStatus> PTPLS = Field.u8(9);

  public ReservationStatus() {
    super(SIZE);
  }
}
