package io.dnvme.transport;

import java.net.InetSocketAddress;

/** Chooses the reactor of an accepted connection. Called on the listener's reactor. */
@FunctionalInterface
public interface Placement {

  /** How busy the reactors are. */
  interface Load {
    int reactors();

    /** Connections of one reactor, those just placed included. */
    int connections(int reactor);
  }

  /**
   * @return the index of the reactor
   */
  int reactorFor(InetSocketAddress remote, InetSocketAddress local, Load load);
}
