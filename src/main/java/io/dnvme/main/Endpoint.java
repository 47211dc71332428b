package io.dnvme.main;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * An address as people write it: {@code 127.0.0.1:4420}, {@code [::1]:4420}, {@code node7:4420}.
 *
 * @param host name or address, without brackets
 * @param port 0 to 65535; 0 asks for a free one where something listens
 */
public record Endpoint(String host, int port) {

  private static final int MAX_PORT = 65_535;

  /**
   * Reads {@code HOST:PORT}.
   *
   * @throws IllegalArgumentException where {@code text} is none
   */
  public static Endpoint parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon > 0) {
      String host = text.substring(0, colon);
      boolean bracketed = host.startsWith("[") && host.endsWith("]");
      if (bracketed) {
        host = host.substring(1, host.length() - 1);
      }
      int port = parsePort(text.substring(colon + 1));
      if (port >= 0 && !host.isBlank() && (bracketed || host.indexOf(':') < 0)) {
        return new Endpoint(host, port);
      }
    }
    throw new IllegalArgumentException(
        "'" + text + "' is no address: write HOST:PORT, such as 127.0.0.1:4420 or [::1]:4420");
  }

  /** Where a socket is, by number. */
  public static Endpoint of(InetSocketAddress address) {
    return new Endpoint(address.getAddress().getHostAddress(), address.getPort());
  }

  /**
   * The socket address, its name looked up.
   *
   * @throws IllegalArgumentException where the name is unknown
   */
  public InetSocketAddress resolve() {
    try {
      return new InetSocketAddress(InetAddress.getByName(host), port);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("'" + host + "' is no known host name or address", e);
    }
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  private static int parsePort(String digits) {
    if (digits.isEmpty() || digits.length() > 5 || !digits.chars().allMatch(Character::isDigit)) {
      return -1;
    }
    int port = Integer.parseInt(digits);
    return port <= MAX_PORT ? port : -1;
  }
}
