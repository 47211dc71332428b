package io.dnvme.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.connection.CloseReason;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Connections that this side makes. */
class ConnectTest {

  private final TransportFixture fixture = new TransportFixture(2);
  private final AnswerRules rules = new AnswerRules();
  private final CompletableFuture<IOException> failure = new CompletableFuture<>();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void peerListens_openedOnTheReactorAskedFor() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      connect((InetSocketAddress) server.getLocalSocketAddress(), TransportFixture.LIMIT_SECONDS);
      try (Socket peer = server.accept()) {
        peer.getOutputStream().write(TestPeer.capsule(9, 0, 0));
        byte[] answer = peer.getInputStream().readNBytes(AnswerRules.ANSWER_HEADER_BYTES);
        assertThat(answer[0]).isEqualTo((byte) 9);
        assertThat(rules.port.reactor()).isSameAs(fixture.reactors.get(1));
        assertThat(rules.port.remoteAddress()).isEqualTo(server.getLocalSocketAddress());
      }
    }
    TransportFixture.await("closed", () -> rules.closings > 0);
    assertThat(rules.reason).isEqualTo(CloseReason.BY_PEER);
    assertThat(failure).isNotDone();
  }

  @Test
  void nobodyListens_failureNamesThePeer() throws IOException {
    InetSocketAddress address;
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      address = (InetSocketAddress) server.getLocalSocketAddress();
    }
    connect(address, TransportFixture.LIMIT_SECONDS);
    assertThat(failure.orTimeout(TransportFixture.LIMIT_SECONDS, TimeUnit.SECONDS).join())
        .hasMessageContaining(String.valueOf(address.getPort()))
        .hasMessageContaining("refused");
    assertThat(rules.openings + rules.closings).isZero();
  }

  @Test
  void noSuchHost_failure() {
    connect(InetSocketAddress.createUnresolved("nowhere.invalid", 4420), 1);
    assertThat(failure.orTimeout(TransportFixture.LIMIT_SECONDS, TimeUnit.SECONDS).join())
        .hasMessageContaining("nowhere.invalid");
  }

  @Test
  void peerDoesNotAnswer_failureAfterTheTimeLimit() throws IOException {
    List<Socket> queued = new ArrayList<>();
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      InetSocketAddress address = (InetSocketAddress) server.getLocalSocketAddress();
      fillBacklog(address, queued);
      connect(address, 1);
      assertThat(failure.orTimeout(TransportFixture.LIMIT_SECONDS, TimeUnit.SECONDS).join())
          .hasMessageContaining("no answer within 1000 ms");
      assertThat(rules.openings + rules.closings).isZero();
    } finally {
      for (Socket socket : queued) {
        socket.close();
      }
    }
  }

  @Test
  void transportIsClosing_failure() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      fixture.transport.close().toCompletableFuture().join();
      connect((InetSocketAddress) server.getLocalSocketAddress(), TransportFixture.LIMIT_SECONDS);
      assertThat(failure.orTimeout(TransportFixture.LIMIT_SECONDS, TimeUnit.SECONDS).join())
          .hasMessageContaining("closing");
    }
  }

  /** Connects until the kernel answers no more, as nobody accepts. */
  private static void fillBacklog(InetSocketAddress address, List<Socket> queued) {
    for (int i = 0; i < 20; i++) {
      Socket socket = new Socket();
      queued.add(socket);
      try {
        socket.connect(address, 200);
      } catch (IOException e) {
        return;
      }
    }
    throw new AssertionError("the kernel queues more connections than expected");
  }

  private void connect(InetSocketAddress address, long limitSeconds) {
    fixture.transport.connect(
        fixture.reactors.get(1),
        address,
        TransportFixture.seconds(limitSeconds),
        rules,
        failure::complete);
  }
}
