package io.dnvme.target.event;

import io.dnvme.nvme.AsyncEvent;
import io.dnvme.nvme.BitField;
import io.dnvme.nvme.Feature.AsyncEventConfiguration;

/**
 * The asynchronous events that our controllers send (NVMe Base 2.0 §5.2). Each names the log page
 * that tells more, and has a bit in the Asynchronous Event Configuration feature (0Bh) that must be
 * set for it to be sent.
 */
public enum AsyncEventKind {
  /** Namespaces came, went or changed. */
  NAMESPACE_ATTRIBUTE_CHANGED(
      AsyncEvent.NAMESPACE_ATTRIBUTE_CHANGED, AsyncEventConfiguration.NAMESPACE_ATTRIBUTE),
  /** An ANA group's state changed. */
  ANA_CHANGE(AsyncEvent.ANA_CHANGE, AsyncEventConfiguration.ANA_CHANGE),
  /** What this host may discover changed. */
  DISCOVERY_LOG_CHANGE(
      AsyncEvent.DISCOVERY_LOG_CHANGE, AsyncEventConfiguration.DISCOVERY_LOG_CHANGE),
  /** A reservation notification is in its log; masked by feature 82h, not by feature 0Bh. */
  RESERVATION_LOG_AVAILABLE(AsyncEvent.RESERVATION_LOG_AVAILABLE, null);

  private static final AsyncEventKind[] ALL = values();

  private final int dword0;
  private final int configurationMask;

  AsyncEventKind(int dword0, BitField configurationBit) {
    this.dword0 = dword0;
    this.configurationMask = configurationBit == null ? 0 : (int) configurationBit.of(1);
  }

  /** Dword 0 of the completion that carries the event. */
  public int dword0() {
    return dword0;
  }

  /** Identifier of the log page that tells more; reading it re-arms the event. */
  public int logPage() {
    return AsyncEvent.LOG_PAGE.get(dword0);
  }

  /** The bit of feature 0Bh (and of OAES) for this event; zero for none. */
  public int configurationMask() {
    return configurationMask;
  }

  /** Whether a controller with this value of feature 0Bh sends the event. */
  public boolean isEnabled(int configuration) {
    return (configuration & configurationMask) == configurationMask;
  }

  static AsyncEventKind[] all() {
    return ALL;
  }
}
