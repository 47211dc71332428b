package io.dnvme.nvme;

/** Dword 0 of an Asynchronous Event Request's completion (NVMe Base 2.0 §5.2). */
public final class AsyncEvent {

  public static final BitField TYPE = BitField.bits(2, 0);
  public static final BitField INFORMATION = BitField.bits(15, 8);

  /** The log page to read; that arms the event again. */
  public static final BitField LOG_PAGE = BitField.bits(23, 16);

  public static final int TYPE_ERROR = 0;
  public static final int TYPE_SMART = 1;
  public static final int TYPE_NOTICE = 2;
  public static final int TYPE_COMMAND_SET = 6;
  public static final int TYPE_VENDOR = 7;

  public static final int NAMESPACE_ATTRIBUTE_CHANGED =
      of(TYPE_NOTICE, 0x00, LogPage.CHANGED_NAMESPACE_LIST);
  public static final int ANA_CHANGE = of(TYPE_NOTICE, 0x03, LogPage.ASYMMETRIC_NAMESPACE_ACCESS);
  public static final int DISCOVERY_LOG_CHANGE = of(TYPE_NOTICE, 0xf0, LogPage.DISCOVERY);
  public static final int RESERVATION_LOG_AVAILABLE =
      of(TYPE_COMMAND_SET, 0x00, LogPage.RESERVATION_NOTIFICATION);

  private AsyncEvent() {}

  public static int of(int type, int information, int logPage) {
    return (int) (TYPE.of(type) | INFORMATION.of(information) | LOG_PAGE.of(logPage));
  }
}
