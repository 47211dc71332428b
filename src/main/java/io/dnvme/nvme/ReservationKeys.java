package io.dnvme.nvme;

/**
 * Data of Reservation Register, Acquire (both 16 bytes) and Release (the first 8) (NVMe Base 2.0
 * §7.2 to §7.4).
 */
public final class ReservationKeys extends Structure<ReservationKeys> {

  public static final int SIZE = 16;

  /** Bytes of a release's data. */
  public static final int RELEASE_SIZE = 8;

  /** Current reservation key. */
  public static final Field.Number<ReservationKeys> CRKEY = Field.u64(0);

  /** Of register: the new key. */
  public static final Field.Number<ReservationKeys> NRKEY = Field.u64(8);

  /** Of acquire: the key to preempt. */
  public static final Field.Number<ReservationKeys> PRKEY = Field.u64(8);

  public ReservationKeys() {
    super(SIZE);
  }
}
