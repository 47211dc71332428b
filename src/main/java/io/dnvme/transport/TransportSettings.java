package io.dnvme.transport;

import com.typesafe.config.Config;
import java.util.concurrent.TimeUnit;

/**
 * Limits of connections; section {@value #PATH} of the configuration.
 *
 * @param maxConnections the most connections that all listeners accept together
 * @param acceptBacklog connections that the kernel queues for a listener
 * @param lingerNanos how long the end of a connection waits for the peer's
 */
public record TransportSettings(int maxConnections, int acceptBacklog, long lingerNanos) {

  /** Where these settings stand. */
  public static final String PATH = "dnvme.transport";

  private static final long MAX_LINGER_NANOS = TimeUnit.MINUTES.toNanos(1);

  public TransportSettings {
    require(maxConnections >= 1, "max-connections", "must be positive, not " + maxConnections);
    require(acceptBacklog >= 1, "accept-backlog", "must be positive, not " + acceptBacklog);
    require(
        lingerNanos >= 0 && lingerNanos <= MAX_LINGER_NANOS,
        "linger",
        "must be 0 to 1 minute, not " + lingerNanos + " ns");
  }

  /**
   * Reads the settings from a whole configuration.
   *
   * @throws RuntimeException naming the path of a wrong value
   */
  public static TransportSettings from(Config config) {
    return new TransportSettings(
        config.getInt(PATH + ".max-connections"),
        config.getInt(PATH + ".accept-backlog"),
        config.getDuration(PATH + ".linger", TimeUnit.NANOSECONDS));
  }

  private static void require(boolean right, String key, String message) {
    if (!right) {
      throw new IllegalArgumentException(PATH + "." + key + " " + message);
    }
  }
}
