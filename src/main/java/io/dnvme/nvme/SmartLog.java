package io.dnvme.nvme;

/** SMART / Health Information, log page 02h (NVMe Base 2.0 §5.16.1.3). */
public final class SmartLog extends Structure<SmartLog> {

  public static final int SIZE = 512;

  public static final Field.Number<SmartLog> CRITICAL_WARNING = Field.u8(0);

  /** Kelvins. */
  public static final Field.Number<SmartLog> COMPOSITE_TEMPERATURE = Field.u16(1);

  /** Per cent. */
  public static final Field.Number<SmartLog> AVAILABLE_SPARE = Field.u8(3);

  public static final Field.Number<SmartLog> AVAILABLE_SPARE_THRESHOLD = Field.u8(4);
  public static final Field.Number<SmartLog> PERCENTAGE_USED = Field.u8(5);
  public static final Field.Number<SmartLog> ENDURANCE_GROUP_WARNING = Field.u8(6);

  /** Thousands of 512-byte units, rounded up. */
  public static final Field.Number<SmartLog> DATA_UNITS_READ = Field.u128(32);

  public static final Field.Number<SmartLog> DATA_UNITS_WRITTEN = Field.u128(48);
  public static final Field.Number<SmartLog> HOST_READ_COMMANDS = Field.u128(64);
  public static final Field.Number<SmartLog> HOST_WRITE_COMMANDS = Field.u128(80);

  /** Minutes. */
  public static final Field.Number<SmartLog> CONTROLLER_BUSY_TIME = Field.u128(96);

  public static final Field.Number<SmartLog> POWER_CYCLES = Field.u128(112);
  public static final Field.Number<SmartLog> POWER_ON_HOURS = Field.u128(128);
  public static final Field.Number<SmartLog> UNSAFE_SHUTDOWNS = Field.u128(144);
  public static final Field.Number<SmartLog> MEDIA_ERRORS = Field.u128(160);
  public static final Field.Number<SmartLog> ERROR_LOG_ENTRIES = Field.u128(176);

  /** Minutes above the warning and the critical temperature. */
  public static final Field.Number<SmartLog> WARNING_TEMPERATURE_TIME = Field.u32(192);

  public static final Field.Number<SmartLog> CRITICAL_TEMPERATURE_TIME = Field.u32(196);

  /** The media has been put into a read-only mode. */
  public static final int CRITICAL_WARNING_READ_ONLY = 1 << 3;

  public SmartLog() {
    super(SIZE);
  }
}
