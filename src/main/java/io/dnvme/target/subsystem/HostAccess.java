package io.dnvme.target.subsystem;

import io.dnvme.nvme.Nqn;
import java.util.Set;

/**
 * Which hosts may use a subsystem, by host NQN (compared byte by byte).
 *
 * @param anyHost everybody may
 * @param hosts those who may where not everybody may
 */
public record HostAccess(boolean anyHost, Set<String> hosts) {

  /** The most hosts that a list may name. */
  public static final int MAX_HOSTS = 1024;

  public static final HostAccess ANY = new HostAccess(true, Set.of());

  /** Nobody may. */
  public static final HostAccess NONE = new HostAccess(false, Set.of());

  public HostAccess {
    if (anyHost && !hosts.isEmpty()) {
      throw new IllegalArgumentException("either any host or a list of hosts, not both");
    }
    if (hosts.size() > MAX_HOSTS) {
      throw new IllegalArgumentException(
          "at most " + MAX_HOSTS + " hosts may be listed, not " + hosts.size());
    }
    for (String host : hosts) {
      if (!Nqn.isValid(host)) {
        throw new IllegalArgumentException("not an NVMe qualified name: " + host);
      }
    }
    hosts = Set.copyOf(hosts);
  }

  public static HostAccess only(Set<String> hosts) {
    return new HostAccess(false, hosts);
  }

  public boolean allows(String hostNqn) {
    return anyHost || hosts.contains(hostNqn);
  }
}
