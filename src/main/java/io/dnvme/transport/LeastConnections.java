package io.dnvme.transport;

import java.net.InetSocketAddress;

/**
 * The reactor with the fewest connections; where several have, the search begins at another one
 * each time. A host opens its queues one after the other: were ties always broken alike, all admin
 * queues would meet on one reactor and all I/O queues of small hosts on another. Of one listener,
 * on its reactor.
 */
final class LeastConnections implements Placement {

  private int start;

  @Override
  public int reactorFor(InetSocketAddress remote, InetSocketAddress local, Load load) {
    int reactors = load.reactors();
    int least = start % reactors;
    boolean tied = false;
    for (int i = 1; i < reactors; i++) {
      int candidate = (start + i) % reactors;
      int difference = load.connections(candidate) - load.connections(least);
      if (difference < 0) {
        least = candidate;
        tied = false;
      } else if (difference == 0) {
        tied = true;
      }
    }
    if (tied) {
      start = (start + 1) % reactors;
    }
    return least;
  }
}
