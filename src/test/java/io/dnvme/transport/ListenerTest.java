package io.dnvme.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.nvme.connection.CloseReason;
import io.netty.channel.epoll.LinuxSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ListenerTest {

  private static final int MAX_CONNECTIONS = 5;

  private final TransportFixture fixture =
      new TransportFixture(
          TransportFixture.settings(3, PollMode.SLEEP),
          new TransportSettings(MAX_CONNECTIONS, 16, TransportFixture.seconds(1)));
  private final List<TestPeer> peers = new ArrayList<>();
  private final List<AnswerRules> accepted = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() throws IOException {
    for (TestPeer peer : peers) {
      peer.close();
    }
    fixture.close();
  }

  @Test
  void portZero_takesAFreeOneAndSaysWhich() throws IOException {
    Listener listener = listen();
    assertThat(listener.address().getPort()).isPositive();
    assertThat(listener.address().getAddress().isLoopbackAddress()).isTrue();
  }

  @Test
  void ipv6_accepted() throws IOException {
    Listener listener =
        fixture.transport.listen(new InetSocketAddress("::1", 0), (remote, local) -> newRules());
    exchange(connect(listener));
    assertThat(accepted.getFirst().port.remoteAddress().getAddress().getHostAddress())
        .isEqualTo("0:0:0:0:0:0:0:1");
  }

  @Test
  void rulesAreTold_whoIsConnectedToWhat() throws IOException {
    Listener listener = listen();
    TestPeer peer = connect(listener);
    exchange(peer);
    assertThat(accepted.getFirst().port.remoteAddress())
        .isEqualTo(peer.socket.getLocalSocketAddress());
    assertThat(accepted.getFirst().port.localAddress()).isEqualTo(listener.address());
  }

  @Test
  void portInUse_refusedWithItsName() throws IOException {
    Listener listener = listen();
    assertThatThrownBy(() -> fixture.transport.listen(listener.address(), (r, l) -> newRules()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(String.valueOf(listener.address().getPort()))
        .hasMessageContaining("in use");
  }

  @Test
  void noSuchHost_refusedWithItsName() {
    InetSocketAddress nowhere = InetSocketAddress.createUnresolved("nowhere.invalid", 4420);
    assertThatThrownBy(() -> fixture.transport.listen(nowhere, (r, l) -> newRules()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("nowhere.invalid");
  }

  @Test
  void socketThatTheReactorCannotWaitFor_startFails() throws IOException {
    var socket = LinuxSocket.newSocketStream(false);
    socket.bind(TransportFixture.anyPort());
    socket.listen(1);
    EpollReactor reactor = fixture.reactors.get(0);
    new AcceptLoop(reactor, socket, (descriptor, remote) -> {}).start();
    // Nobody can wait for the same descriptor twice.
    var second = new AcceptLoop(reactor, socket, (descriptor, remote) -> {});
    assertThatThrownBy(second::start)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("reactor 0 cannot wait for connections");
    assertThat(socket.isOpen()).isFalse();
  }

  @Test
  void connections_spreadOverReactors() throws IOException {
    Listener listener = listen();
    for (int i = 0; i < 3; i++) {
      exchange(connect(listener));
    }
    for (EpollReactor reactor : fixture.reactors.all()) {
      assertThat(reactor.counters().connections()).isOne();
    }
  }

  @Test
  void placement_isFollowed() throws IOException {
    Listener listener =
        fixture.transport.listen(
            TransportFixture.anyPort(), (r, l) -> newRules(), (remote, local, load) -> 2);
    exchange(connect(listener));
    exchange(connect(listener));
    assertThat(fixture.reactors.get(2).counters().connections()).isEqualTo(2);
  }

  @Test
  void limitReached_oneMoreIsClosedAtOnceAndRoomIsTakenAgain() throws IOException {
    Listener listener = listen();
    for (int i = 0; i < MAX_CONNECTIONS; i++) {
      exchange(connect(listener));
    }
    TestPeer refused = connect(listener);
    refused.endsInOrder();
    assertThat(accepted).hasSize(MAX_CONNECTIONS);
    peers.getFirst().close();
    TransportFixture.await("room again", () -> listener.connections() < MAX_CONNECTIONS);
    exchange(connect(listener));
  }

  @Test
  void limit_isForAllListeners() throws IOException {
    Listener one = listen();
    Listener other = listen();
    for (int i = 0; i < MAX_CONNECTIONS; i++) {
      exchange(connect(i % 2 == 0 ? one : other));
    }
    connect(one).endsInOrder();
    connect(other).endsInOrder();
    assertThat(accepted).hasSize(MAX_CONNECTIONS);
  }

  @Test
  void listenerCloses_itsConnectionsEndAndOthersDoNot() throws IOException {
    Listener one = listen();
    Listener other = listen();
    // One after the other: reactors take connections on in any order.
    TestPeer ends = connect(one);
    exchange(ends);
    TestPeer stays = connect(other);
    exchange(stays);
    one.close().toCompletableFuture().join();
    ends.endsInOrder();
    exchange(stays);
    assertThat(accepted.get(0).reason).isEqualTo(CloseReason.SHUTDOWN);
    assertThat(accepted.get(1).reason).isNull();
    assertThatThrownBy(() -> connect(one)).isInstanceOf(IOException.class);
  }

  @Test
  void rulesCannotBeMade_thatConnectionIsClosed() throws IOException {
    Listener listener =
        fixture.transport.listen(
            TransportFixture.anyPort(),
            (remote, local) -> {
              if (accepted.isEmpty()) {
                newRules();
                throw new IllegalStateException("on purpose");
              }
              return newRules();
            });
    connect(listener).endsInOrder();
    exchange(connect(listener));
  }

  @Test
  void rulesCannotBeLoaded_thatConnectionIsClosedAndTheReactorGoesOn() throws IOException {
    Listener listener =
        fixture.transport.listen(
            TransportFixture.anyPort(),
            (remote, local) -> newRules(),
            (remote, local, load) -> {
              if (accepted.isEmpty()) {
                accepted.add(new AnswerRules());
                throw new NoClassDefFoundError("on purpose");
              }
              return 0;
            });
    connect(listener).endsInOrder();
    exchange(connect(listener));
  }

  private Listener listen() throws IOException {
    return fixture.listen(this::newRules);
  }

  private AnswerRules newRules() {
    AnswerRules rules = new AnswerRules();
    accepted.add(rules);
    return rules;
  }

  private TestPeer connect(Listener listener) throws IOException {
    TestPeer peer = new TestPeer(listener.address());
    peers.add(peer);
    return peer;
  }

  private static void exchange(TestPeer peer) throws IOException {
    peer.send(TestPeer.capsule(1, 16, 0));
    peer.expect(1, 16, 0);
  }
}
