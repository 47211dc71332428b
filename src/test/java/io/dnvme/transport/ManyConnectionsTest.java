package io.dnvme.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.connection.CloseReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.snapshot.MaterializerState;
import org.junit.jupiter.api.Test;
import scala.jdk.javaapi.FutureConverters;

class ManyConnectionsTest {

  private static final int CONNECTIONS = 1000;

  @Test
  void thousandConnectsAndDisconnects_leaveNothing() throws IOException {
    try (TransportFixture fixture = new TransportFixture(2)) {
      AtomicInteger closed = new AtomicInteger();
      Listener listener =
          fixture.listen(() ->
              new AnswerRules() {
                @Override
                public void closed(CloseReason why) {
                  super.closed(why);
                  closed.incrementAndGet();
                }
              });
      connectOnce(listener, 0);
      TransportFixture.await("first one gone", () -> fixture.connections() == 0);
      long descriptors = descriptors();
      for (int i = 1; i < CONNECTIONS; i++) {
        connectOnce(listener, i);
      }
      TransportFixture.await("all gone", () -> fixture.connections() == 0);
      assertThat(closed).hasValue(CONNECTIONS);
      assertThat(listener.connections()).isZero();
      TransportFixture.await("descriptors closed", () -> descriptors() <= descriptors);
      TransportFixture.await("streams gone", () -> streams(fixture) == 0);
      fixture.assertNothingHeld();
      assertThat(fixture.reactors.sum(ReactorCounters::connectionsOpened)).isEqualTo(CONNECTIONS);
    }
  }

  /** Every third ends by a reset, every third in the middle of a PDU. */
  private static void connectOnce(Listener listener, int number) throws IOException {
    try (TestPeer peer = new TestPeer(listener.address())) {
      byte[] capsule = TestPeer.capsule(number, 4096, 0);
      switch (number % 3) {
        case 0 -> {
          peer.send(capsule);
          peer.expect(number, 4096, 0);
        }
        case 1 -> peer.send(capsule, 0, 50);
        default -> {
          peer.send(capsule);
          peer.reset();
        }
      }
    }
  }

  private static long descriptors() {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.count();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static int streams(TransportFixture fixture) {
    return FutureConverters.asJava(
            MaterializerState.streamSnapshots(
                SystemMaterializer.get(fixture.system).materializer()))
        .toCompletableFuture()
        .orTimeout(TransportFixture.LIMIT_SECONDS, TimeUnit.SECONDS)
        .join()
        .size();
  }
}
