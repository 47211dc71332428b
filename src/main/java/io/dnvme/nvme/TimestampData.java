package io.dnvme.nvme;

/** Data of the Timestamp feature (NVMe Base 2.0 §5.27.1.12). */
public final class TimestampData extends Structure<TimestampData> {

  public static final int SIZE = 8;

  /** Milliseconds since 1970, or since the controller was reset. */
  public static final Field.Number<TimestampData> TIMESTAMP = new Field.Number<>(0, 6);

  /** Of Get Features: where the time comes from, and whether the clock may have stopped. */
  public static final Field.Number<TimestampData> ATTRIBUTES = Field.u8(6);

  /** Of ATTRIBUTES: the host has set it. */
  public static final int ORIGIN_SET_BY_HOST = 1 << 1;

  public TimestampData() {
    super(SIZE);
  }
}
