package io.dnvme.transport;

import java.net.InetSocketAddress;

/** Chooses the reactor of an accepted connection. Called on the listener's reactor. */
@FunctionalInterface
public interface Placement {

  /** The reactor with the fewest connections; of several, the first. */
  Placement LEAST_CONNECTIONS =
      (remote, local, load) -> {
        int least = 0;
        for (int i = 1; i < load.reactors(); i++) {
          if (load.connections(i) < load.connections(least)) {
            least = i;
          }
        }
        return least;
      };

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
