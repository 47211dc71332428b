package io.dnvme.target.event;

/**
 * The asynchronous events that our controllers send (NVMe Base 2.0 §5.2). Each has a type, an
 * information value, the log page that tells more, and a bit of the Asynchronous Event
 * Configuration feature (0Bh, §5.27.1.9) that must be set for it to be sent.
 */
public enum AsyncEvent {
  /** Namespaces came, went or changed: the changed namespace list. */
  NAMESPACE_ATTRIBUTE_CHANGED(Type.NOTICE, 0x00, 0x04, 8),
  /** An ANA group's state changed: the ANA log. */
  ANA_CHANGED(Type.NOTICE, 0x03, 0x0c, 11),
  /** What this host may discover changed: the discovery log. */
  DISCOVERY_LOG_CHANGED(Type.NOTICE, 0xf0, 0x70, 31),
  /** A reservation notification is in its log; masked by feature 82h, not by feature 0Bh. */
  RESERVATION_LOG_AVAILABLE(Type.IO_COMMAND_SET, 0x00, 0x80, AsyncEvent.ALWAYS);

  /** Values of the asynchronous event type. */
  private static final class Type {
    static final int NOTICE = 2;
    static final int IO_COMMAND_SET = 6;
  }

  /** In place of a configuration bit: needs none. */
  private static final int ALWAYS = -1;

  private static final AsyncEvent[] ALL = values();

  private final int dword0;
  private final int logPage;
  private final int configurationMask;

  AsyncEvent(int type, int information, int logPage, int configurationBit) {
    this.dword0 = type | information << 8 | logPage << 16;
    this.logPage = logPage;
    this.configurationMask = configurationBit == ALWAYS ? 0 : 1 << configurationBit;
  }

  /** Dword 0 of the completion that carries the event. */
  public int dword0() {
    return dword0;
  }

  /** Identifier of the log page that tells more; reading it re-arms the event. */
  public int logPage() {
    return logPage;
  }

  /** The bit of feature 0Bh (and of OAES) for this event; zero for none. */
  public int configurationMask() {
    return configurationMask;
  }

  /** Whether a controller with this value of feature 0Bh sends the event. */
  public boolean isEnabled(int configuration) {
    return (configuration & configurationMask) == configurationMask;
  }

  static AsyncEvent[] all() {
    return ALL;
  }
}
