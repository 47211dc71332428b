package io.dnvme.transport;

import io.dnvme.nvme.connection.ConnectionRules;
import java.net.InetSocketAddress;

/** Makes the rules of each connection that a listener accepts. */
@FunctionalInterface
public interface AcceptedRules {

  /** New rules for one connection; called on the reactor that will carry it. */
  ConnectionRules accept(InetSocketAddress remote, InetSocketAddress local);
}
