package io.dnvme.nvme;

/** Opcodes of an admin queue (NVMe Base 2.0 §5). */
public final class AdminOpcode {

  public static final int GET_LOG_PAGE = 0x02;
  public static final int IDENTIFY = 0x06;
  public static final int ABORT = 0x08;
  public static final int SET_FEATURES = 0x09;
  public static final int GET_FEATURES = 0x0a;
  public static final int ASYNC_EVENT_REQUEST = 0x0c;
  public static final int NAMESPACE_MANAGEMENT = 0x0d;
  public static final int FIRMWARE_COMMIT = 0x10;
  public static final int FIRMWARE_IMAGE_DOWNLOAD = 0x11;
  public static final int DEVICE_SELF_TEST = 0x14;
  public static final int NAMESPACE_ATTACHMENT = 0x15;
  public static final int KEEP_ALIVE = 0x18;
  public static final int DIRECTIVE_SEND = 0x19;
  public static final int DIRECTIVE_RECEIVE = 0x1a;
  public static final int DISCOVERY_INFORMATION_MANAGEMENT = 0x21;
  public static final int FORMAT_NVM = 0x80;
  public static final int SECURITY_SEND = 0x81;
  public static final int SECURITY_RECEIVE = 0x82;
  public static final int SANITIZE = 0x84;

  /** From here to FFh the opcodes are a vendor's. */
  public static final int VENDOR_FIRST = 0xc0;

  private AdminOpcode() {}
}
