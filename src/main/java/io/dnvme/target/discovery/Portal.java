package io.dnvme.target.discovery;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;

/**
 * A TCP address at which this node is listening; not an NVMe term (there: a port of the subsystem).
 *
 * @param portId PORTID, 1 to {@link #MAX_PORT_ID}; ANA states are kept by it
 * @param listenAddress what is listened on, maybe the wildcard address
 * @param port TCP port
 * @param advertisedAddress what hosts are told instead (containers, address translation); null to
 *     tell the truth
 * @param servesIo NVM subsystems can be connected to here
 * @param announcesDiscovery the discovery log names the discovery subsystem here
 */
public record Portal(
    int portId,
    InetAddress listenAddress,
    int port,
    InetAddress advertisedAddress,
    boolean servesIo,
    boolean announcesDiscovery) {

  public static final int MAX_PORT_ID = 0xffff;

  public Portal {
    if (portId < 1 || portId > MAX_PORT_ID) {
      throw new IllegalArgumentException("PORTID must be 1 to 65535, not " + portId);
    }
    if (port < 1 || port > 0xffff) {
      throw new IllegalArgumentException("TCP port must be 1 to 65535, not " + port);
    }
    if (advertisedAddress != null && advertisedAddress.isAnyLocalAddress()) {
      throw new IllegalArgumentException(
          "a host cannot connect to the wildcard address " + advertisedAddress.getHostAddress());
    }
  }

  /**
   * The address to tell a host that is connected to {@code localEnd} of this node. A wildcard
   * stands for the end that the host has reached already.
   *
   * @return null where this portal does not listen on addresses of that kind
   */
  public InetAddress addressFor(InetAddress localEnd) {
    if (advertisedAddress != null) {
      return advertisedAddress;
    }
    if (!listenAddress.isAnyLocalAddress()) {
      return listenAddress;
    }
    // The IPv6 wildcard takes IPv4 connections as well.
    return listenAddress instanceof Inet4Address && localEnd instanceof Inet6Address
        ? null
        : localEnd;
  }
}
