package io.dnvme.transport;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LeastConnectionsTest {

  private final LeastConnections placement = new LeastConnections();

  private int place(PlacedConnections load) {
    int reactor = placement.reactorFor(null, null, load);
    load.placed(reactor);
    return reactor;
  }

  @Test
  void fewestConnections_areChosen() {
    var load = new PlacedConnections(3, 100);
    load.placed(0);
    load.placed(0);
    load.placed(1);
    load.placed(1);
    load.placed(2);
    assertThat(place(load)).isEqualTo(2);
  }

  @Test
  void hostsWithOneIoQueue_haveTheirAdminQueuesOnAllReactors() {
    var load = new PlacedConnections(2, 100);
    int[] adminQueues = new int[2];
    int[] ioQueues = new int[2];
    for (int host = 0; host < 10; host++) {
      adminQueues[place(load)]++;
      ioQueues[place(load)]++;
    }
    assertThat(adminQueues).containsExactly(5, 5);
    assertThat(ioQueues).containsExactly(5, 5);
  }

  @Test
  void oneReactor_takesAll() {
    var load = new PlacedConnections(1, 100);
    assertThat(place(load)).isZero();
    assertThat(place(load)).isZero();
  }
}
