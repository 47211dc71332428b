package io.dnvme.initiator;

import java.net.InetSocketAddress;

/**
 * Which controller to connect to, and how.
 *
 * @param address the portal
 * @param subsystemNqn whose controller
 * @param host who connects
 * @param keepAliveTimeoutMs KATO: how soon a silent path is noticed; 0 for no keep alive
 * @param queues the I/O queue pairs
 * @param reconnect what happens at a loss
 */
public record ControllerOptions(
    InetSocketAddress address,
    String subsystemNqn,
    HostIdentity host,
    int keepAliveTimeoutMs,
    QueueOptions queues,
    ReconnectOptions reconnect) {

  /** What a Linux host asks for by default. */
  public static final int DEFAULT_KEEP_ALIVE_TIMEOUT_MS = 5_000;

  /** For one attempt to connect, from dialing to being ready for I/O. */
  public static final long CONNECT_TIMEOUT_NANOS = 30_000_000_000L;

  /** For the ICResp. */
  public static final long HANDSHAKE_TIMEOUT_NANOS = 10_000_000_000L;

  public ControllerOptions {
    if (keepAliveTimeoutMs < 0) {
      throw new IllegalArgumentException("no negative keep alive timeout");
    }
  }
}
