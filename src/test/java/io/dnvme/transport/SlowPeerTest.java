package io.dnvme.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.connection.CloseReason;
import io.dnvme.nvme.connection.ConnectionRules;
import java.io.IOException;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Peers that do not read what they are sent. */
class SlowPeerTest {

  private static final int PIECE_BYTES = 256 << 10;
  private static final int SMALL_BUFFER_BYTES = 32 << 10;

  private TransportFixture fixture = new TransportFixture(1);

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void answersLargerThanTheSocketTakes_arriveUnchanged() throws IOException {
    AnswerRules rules = new AnswerRules();
    exchange(rules, 40);
    assertThat(fixture.reactors.sum(ReactorCounters::spilledBytes)).isZero();
    assertThat(rules.released).isEqualTo(rules.named).isEqualTo(40);
  }

  @Test
  void borrowedAnswersLargerThanTheSocketTakes_arriveUnchanged() throws IOException {
    AnswerRules rules = new AnswerRules().borrowing();
    exchange(rules, 40);
    assertThat(fixture.reactors.sum(ReactorCounters::spilledBytes)).isPositive();
    assertThat(rules.released).isEqualTo(rules.named).isEqualTo(40);
  }

  @Test
  void peerReadsNothing_borrowedMemoryIsBackAndTheSocketIsReadNoMore() throws IOException {
    AnswerRules rules = new AnswerRules().borrowing().atMost(64);
    try (TestPeer peer = slowPeer(() -> rules)) {
      floodUntilBlocked(peer, rules);
      assertThat(rules.released).isEqualTo(rules.named);
      long received = fixture.reactors.sum(ReactorCounters::bytesIn);
      long sent = fixture.reactors.sum(ReactorCounters::writeCalls);
      othersGoOn();
      assertThat(fixture.reactors.sum(ReactorCounters::bytesIn))
          .isEqualTo(received + 100 * AnswerRules.CAPSULE_BYTES);
      assertThat(fixture.reactors.sum(ReactorCounters::writeCalls)).isEqualTo(sent + 100);
    }
    TransportFixture.await("closed", () -> rules.closings > 0);
  }

  @Test
  void peerReadsNothing_memoryIsBounded() throws IOException {
    AnswerRules rules = new AnswerRules().atMost(64);
    try (TestPeer peer = slowPeer(() -> rules)) {
      floodUntilBlocked(peer, rules);
      int held = fixture.on(0, () -> fixture.reactors.get(0).outgoing().lent());
      assertThat(held).isOne();
      assertThat(fixture.on(0, () -> fixture.reactors.get(0).regions().lent())).isLessThan(4);
    }
    TransportFixture.await("closed", () -> rules.closings > 0);
    assertThat(rules.released).isEqualTo(rules.named);
  }

  @Test
  void peerReadsAgain_everythingArrives() throws IOException {
    AnswerRules rules = new AnswerRules().borrowing().atMost(64);
    try (TestPeer peer = slowPeer(() -> rules)) {
      int sent = floodUntilBlocked(peer, rules);
      for (int i = 0; i < sent; i++) {
        peer.expect(i, PIECE_BYTES, i);
      }
      peer.send(TestPeer.capsule(sent, 10, 0));
      peer.expect(sent, 10, 0);
    }
  }

  @Test
  void outputWaitsForThePeer_rulesThatReadOnRegardlessDo() throws IOException {
    AnswerRules rules =
        new AnswerRules() {
          @Override
          public boolean takesInputWhileOutputWaits() {
            return true;
          }
        };
    try (TestPeer peer = slowPeer(() -> rules)) {
      for (int i = 0; i < 200; i++) {
        peer.send(TestPeer.capsule(i, PIECE_BYTES, i));
      }
      TransportFixture.await("all taken", () -> rules.commands == 200);
      assertThat(rules.named).isLessThan(200);
      for (int i = 0; i < 200; i++) {
        peer.expect(i, PIECE_BYTES, i);
      }
    }
  }

  @Test
  void spillMemoryFull_thatConnectionIsClosed() throws IOException {
    fixture.close();
    ReactorSettings settings = TransportFixture.settings(1, PollMode.SLEEP);
    fixture =
        new TransportFixture(
            new ReactorSettings(
                1, settings.poll(), settings.spinLimitNanos(), 64 << 20, 1000, settings.cpus()),
            new TransportSettings(10, 10, 0));
    AnswerRules rules = new AnswerRules().borrowing();
    try (TestPeer peer = slowPeer(() -> rules)) {
      for (int i = 0; i < 40; i++) {
        peer.send(TestPeer.capsule(i, PIECE_BYTES, i));
      }
      TransportFixture.await("closed", () -> rules.closings > 0);
      assertThat(rules.reason).isEqualTo(CloseReason.SOCKET_ERROR);
      assertThat(rules.released).isEqualTo(rules.named);
      othersGoOn();
    }
  }

  @Test
  void peerResetsInMidBatch_everythingReleasedOnce() throws IOException {
    AnswerRules rules = new AnswerRules().atMost(64);
    TestPeer peer = slowPeer(() -> rules);
    floodUntilBlocked(peer, rules);
    assertThat(rules.released).isLessThan(rules.named);
    peer.reset();
    TransportFixture.await("closed", () -> rules.closings > 0);
    assertThat(rules.reason).isEqualTo(CloseReason.SOCKET_ERROR);
    assertThat(rules.released).isEqualTo(rules.named);
    assertThat(rules.closings).isOne();
  }

  private void exchange(AnswerRules rules, int pieces) throws IOException {
    try (TestPeer peer = slowPeer(() -> rules)) {
      for (int i = 0; i < pieces; i++) {
        peer.send(TestPeer.capsule(i, PIECE_BYTES + i, i * 13));
      }
      for (int i = 0; i < pieces; i++) {
        peer.expect(i, PIECE_BYTES + i, i * 13);
      }
    }
    TransportFixture.await("closed", () -> rules.closings > 0);
  }

  /** Asks for more and more until commands are taken no longer; gives how many were asked for. */
  private static int floodUntilBlocked(TestPeer peer, AnswerRules rules) throws IOException {
    int commands = 200;
    for (int i = 0; i < commands; i++) {
      peer.send(TestPeer.capsule(i, PIECE_BYTES, i));
    }
    long[] seen = {-1, System.nanoTime()};
    TransportFixture.await(
        "blocked",
        () -> {
          if (rules.named != seen[0]) {
            seen[0] = rules.named;
            seen[1] = System.nanoTime();
          }
          return seen[0] > 0 && System.nanoTime() - seen[1] > 300_000_000;
        });
    assertThat(rules.named).as("answers sent or on their way").isLessThan(commands);
    return commands;
  }

  private void othersGoOn() throws IOException {
    Listener listener = fixture.listen(AnswerRules::new);
    try (TestPeer peer = new TestPeer(listener.address())) {
      for (int i = 0; i < 100; i++) {
        peer.send(TestPeer.capsule(i, 64, 0));
        peer.expect(i, 64, 0);
      }
    }
  }

  private TestPeer slowPeer(Supplier<ConnectionRules> rules) throws IOException {
    return new TestPeer(fixture.listen(rules).address(), SMALL_BUFFER_BYTES);
  }
}
