package io.dnvme.target.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.ManualReactor;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PortalsTest {

  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
  private static final InetAddress ANY4 = InetAddress.ofLiteral("0.0.0.0");
  private static final InetAddress ANY6 = InetAddress.ofLiteral("::");
  private static final InetAddress END4 = InetAddress.ofLiteral("10.1.2.3");
  private static final InetAddress END6 = InetAddress.ofLiteral("2001:db8::7");

  private final ManualReactor reactor = new ManualReactor();
  private final Portals portals = new Portals();

  private static Portal portal(int id, InetAddress address, InetAddress advertised) {
    return new Portal(id, address, 4420, advertised, true, false);
  }

  @Test
  void portals_comeAndGoInOrder() {
    var heard = new ArrayList<List<Portal>>();
    portals.subscribe(reactor, heard::add);
    Portal one = portal(1, LOOPBACK, null);
    Portal two = portal(2, LOOPBACK, null);
    portals.add(two);
    portals.add(one);
    assertThat(portals.all()).containsExactly(one, two);
    assertThat(portals.remove(2)).isTrue();
    assertThat(portals.remove(2)).isFalse();
    reactor.settle();
    assertThat(heard).containsExactly(List.of(two), List.of(one, two), List.of(one));
  }

  @Test
  void idTwice_isRefused() {
    portals.add(portal(1, LOOPBACK, null));
    assertThatThrownBy(() -> portals.add(portal(1, ANY4, null)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void portalsAtTheLimit_noneMore() {
    for (int id = 1; id <= Portals.MAX_PORTALS; id++) {
      portals.add(portal(id, LOOPBACK, null));
    }
    assertThatThrownBy(() -> portals.add(portal(9999, LOOPBACK, null)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void wildcard_standsForTheEndThatTheHostHasReached() {
    assertThat(portal(1, ANY4, null).addressFor(END4)).isEqualTo(END4);
    assertThat(portal(1, ANY6, null).addressFor(END6)).isEqualTo(END6);
    assertThat(portal(1, ANY6, null).addressFor(END4)).as("it takes both").isEqualTo(END4);
    assertThat(portal(1, ANY4, null).addressFor(END6)).as("it does not listen there").isNull();
  }

  @Test
  void addressThatIsListenedOn_isTold() {
    assertThat(portal(1, LOOPBACK, null).addressFor(END4)).isEqualTo(LOOPBACK);
    assertThat(portal(1, LOOPBACK, null).addressFor(END6)).isEqualTo(LOOPBACK);
  }

  @Test
  void advertisedAddress_goesBeforeAll() {
    for (InetAddress listened : List.of(LOOPBACK, ANY4, ANY6)) {
      assertThat(portal(1, listened, END4).addressFor(END6)).isEqualTo(END4);
    }
    assertThatThrownBy(() -> portal(1, LOOPBACK, ANY4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("wildcard");
  }

  @Test
  void numbersThatCannotBe_areRefused() {
    for (int id : new int[] {0, 0x10000}) {
      assertThatThrownBy(() -> portal(id, LOOPBACK, null)).hasMessageContaining("PORTID");
    }
    for (int port : new int[] {0, 0x10000}) {
      assertThatThrownBy(() -> new Portal(1, LOOPBACK, port, null, true, true))
          .hasMessageContaining("TCP port");
    }
  }
}
