package io.dnvme.nvme;

/** Log page identifiers (NVMe Base 2.0 §5.16.1). */
public final class LogPage {

  /** {@link EffectsLog} of log pages. */
  public static final int SUPPORTED_LOG_PAGES = 0x00;

  /** {@link ErrorLogEntry}s, the newest first. */
  public static final int ERROR_INFORMATION = 0x01;

  /** {@link SmartLog}. */
  public static final int SMART_HEALTH = 0x02;

  /** {@link FirmwareSlotLog}. */
  public static final int FIRMWARE_SLOT = 0x03;

  /** {@link NamespaceList}. */
  public static final int CHANGED_NAMESPACE_LIST = 0x04;

  /** {@link CommandEffectsLog}. */
  public static final int COMMANDS_SUPPORTED_AND_EFFECTS = 0x05;

  /** {@link AnaLog}. */
  public static final int ASYMMETRIC_NAMESPACE_ACCESS = 0x0c;

  /** {@link EffectsLog} of features. */
  public static final int FEATURES_SUPPORTED_AND_EFFECTS = 0x12;

  /** {@link EffectsLog} of commands over NVMe-MI. */
  public static final int MI_COMMANDS_SUPPORTED_AND_EFFECTS = 0x13;

  /** {@link DiscoveryLog}. */
  public static final int DISCOVERY = 0x70;

  /** {@link ReservationNotificationLog}. */
  public static final int RESERVATION_NOTIFICATION = 0x80;

  /** From here to FFh the pages are a vendor's. */
  public static final int VENDOR_FIRST = 0xc0;

  private LogPage() {}
}
