package io.dnvme.initiator;

import io.dnvme.block.Reactor;
import io.dnvme.nvme.connection.ConnectionRules;
import java.net.InetSocketAddress;
import java.util.function.Consumer;

/** Makes connections. Comes from outside: sockets in production, memory in tests. */
@FunctionalInterface
public interface Dialer {

  /**
   * Connects to {@code address} and has {@code reactor} carry the connection. Called on that
   * reactor. Either {@code rules} are opened, later and on that reactor, or {@code failed} is
   * called there with the reason; always one of the two, within a time of the dialer's choice.
   */
  void dial(
      Reactor reactor, InetSocketAddress address, ConnectionRules rules, Consumer<String> failed);
}
