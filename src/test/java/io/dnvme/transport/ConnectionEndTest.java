package io.dnvme.transport;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.dnvme.nvme.connection.CloseReason;
import io.dnvme.nvme.connection.ConnectionPort;
import io.dnvme.nvme.connection.OutgoingPdus;
import io.dnvme.nvme.connection.ReceivedPdus;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** All the ways in which a connection ends; each closes it once and gives everything back. */
class ConnectionEndTest {

  private final TransportFixture fixture = new TransportFixture(1);
  private final Logger logger = (Logger) LoggerFactory.getLogger(QueuePair.class);
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

  @BeforeEach
  void recordLog() {
    logged.start();
    logger.addAppender(logged);
    logger.setAdditive(false);
  }

  @AfterEach
  void close() {
    logger.detachAppender(logged);
    logger.setAdditive(true);
    fixture.close();
  }

  @Test
  void peerClosesInOrder_byPeer() throws IOException {
    AnswerRules rules = new AnswerRules();
    connect(rules).close();
    assertClosed(rules, CloseReason.BY_PEER);
  }

  @Test
  void peerEndsItsSideBehindACommand_answerStillArrives() throws IOException {
    AnswerRules rules = new AnswerRules();
    try (TestPeer peer = connect(rules)) {
      peer.send(TestPeer.capsule(5, 1000, 3));
      peer.socket.shutdownOutput();
      peer.expect(5, 1000, 3);
      assertThat(peer.endsInOrder()).isTrue();
    }
    assertClosed(rules, CloseReason.BY_PEER);
  }

  @Test
  void peerResets_socketError() throws IOException {
    AnswerRules rules = new AnswerRules();
    TestPeer peer = connect(rules);
    rules.openedLatch.countDown();
    TransportFixture.await("opened", () -> rules.openings > 0);
    peer.reset();
    assertClosed(rules, CloseReason.SOCKET_ERROR);
  }

  @Test
  void rulesClose_atOnce() throws IOException {
    AnswerRules rules =
        new AnswerRules() {
          @Override
          public int received(ReceivedPdus batch, int from) {
            port.close();
            return batch.size();
          }
        };
    try (TestPeer peer = connect(rules)) {
      peer.send(TestPeer.capsule(1, 8, 0));
      peer.endsInOrder();
      assertClosed(rules, CloseReason.BY_RULES);
    }
  }

  @Test
  void rulesAbort_peerSeesAResetInsteadOfWhatWasNotSentYet() throws IOException {
    AnswerRules rules =
        new AnswerRules() {
          @Override
          public int received(ReceivedPdus batch, int from) {
            port.abort();
            return batch.size();
          }
        };
    try (TestPeer peer = connect(rules)) {
      peer.send(TestPeer.capsule(1, 8, 0));
      assertThat(peer.endsInOrder()).isFalse();
      assertClosed(rules, CloseReason.BY_RULES);
    }
  }

  @Test
  void rulesCloseFromElsewhere_atOnce() throws IOException {
    AnswerRules rules = new AnswerRules();
    try (TestPeer peer = connect(rules)) {
      TransportFixture.await("opened", () -> rules.openings > 0);
      fixture.reactors.get(0).execute(() -> rules.port.close());
      assertThat(peer.endsInOrder()).isTrue();
      assertClosed(rules, CloseReason.BY_RULES);
    }
  }

  @Test
  void rulesCloseInOpened_closed() throws IOException {
    AnswerRules rules =
        new AnswerRules() {
          @Override
          public void opened(ConnectionPort port) {
            super.opened(port);
            port.close();
          }
        };
    try (TestPeer peer = connect(rules)) {
      peer.endsInOrder();
      assertClosed(rules, CloseReason.BY_RULES);
    }
  }

  @Test
  void lastBatch_arrivesThoughThePeerGoesOnSending() throws IOException {
    AnswerRules rules = new LastAnswerRules();
    try (TestPeer peer = connect(rules)) {
      peer.send(TestPeer.capsule(1, 100_000, 0));
      for (int i = 2; i < 100; i++) {
        peer.send(TestPeer.capsule(i, 10, 0, new byte[1000]));
      }
      peer.expect(1, 100_000, 0);
      assertThat(peer.endsInOrder()).isTrue();
      assertClosed(rules, CloseReason.BY_RULES);
    }
    TransportFixture.await("socket closed", () -> fixture.connections() == 0);
  }

  @Test
  void lastBatchAndAPeerThatNeverEnds_closedAfterTheLingerTime() throws IOException {
    AnswerRules rules = new LastAnswerRules();
    long start = System.nanoTime();
    try (TestPeer peer = connect(rules)) {
      peer.send(TestPeer.capsule(1, 10, 0));
      peer.expect(1, 10, 0);
      assertThat(peer.endsInOrder()).isTrue();
      assertThat(fixture.connections()).isOne();
      TransportFixture.await("socket closed", () -> fixture.connections() == 0);
      assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(900));
    }
  }

  @Test
  void rulesThrowInReceived_onlyThatConnectionEnds() throws IOException {
    AnswerRules rules =
        new AnswerRules() {
          @Override
          public int received(ReceivedPdus batch, int from) {
            throw new IllegalStateException("on purpose");
          }
        };
    assertContained(rules);
  }

  @Test
  void rulesThrowInFill_onlyThatConnectionEnds() throws IOException {
    AnswerRules rules =
        new AnswerRules() {
          @Override
          public void fill(OutgoingPdus batch) {
            super.fill(batch);
            throw new AssertionError("on purpose");
          }
        };
    assertContained(rules);
    assertThat(rules.named).isEqualTo(rules.released).isPositive();
  }

  @Test
  void rulesThrowInACommand_onlyThatConnectionEnds() throws IOException {
    AnswerRules rules =
        new AnswerRules() {
          @Override
          void command(MemorySegment memory, int offset, int length) {
            throw new StackOverflowError("on purpose");
          }
        };
    assertContained(rules);
  }

  @Test
  void rulesThrowInOpened_onlyThatConnectionEnds() throws IOException {
    AnswerRules rules =
        new AnswerRules() {
          @Override
          public void opened(ConnectionPort port) {
            throw new IllegalStateException("on purpose");
          }
        };
    assertContained(rules);
  }

  @Test
  void rulesTakeMoreThanThereIs_onlyThatConnectionEnds() throws IOException {
    AnswerRules rules =
        new AnswerRules() {
          @Override
          public int received(ReceivedPdus batch, int from) {
            return batch.size() + 1;
          }
        };
    assertContained(rules);
  }

  @Test
  void transportCloses_shutdown() throws IOException {
    AnswerRules rules = new AnswerRules();
    try (TestPeer peer = connect(rules)) {
      peer.send(TestPeer.capsule(1, 8, 0));
      peer.expect(1, 8, 0);
      fixture.transport.close().toCompletableFuture().join();
      assertClosed(rules, CloseReason.SHUTDOWN);
      assertThat(fixture.connections()).isZero();
    }
  }

  private void assertContained(AnswerRules rules) throws IOException {
    AnswerRules healthy = new AnswerRules();
    try (TestPeer other = connect(healthy);
        TestPeer peer = connect(rules)) {
      peer.send(TestPeer.capsule(1, 100, 0));
      assertClosed(rules, CloseReason.INTERNAL_ERROR);
      peer.endsInOrder();
      other.send(TestPeer.capsule(2, 100, 0));
      other.expect(2, 100, 0);
      assertThat(healthy.closings).isZero();
      assertThat(logged.list).hasSize(1).allMatch(event -> event.getLevel() == Level.ERROR);
    }
  }

  private TestPeer connect(AnswerRules rules) throws IOException {
    return new TestPeer(fixture.listen(() -> rules).address());
  }

  private static void assertClosed(AnswerRules rules, CloseReason reason) {
    TransportFixture.await("closed", () -> rules.closings > 0);
    assertThat(rules.reason).isEqualTo(reason);
    assertThat(rules.closings).isOne();
  }

  /** Answers one command and ends the connection with that. */
  private static class LastAnswerRules extends AnswerRules {
    @Override
    void command(MemorySegment memory, int offset, int length) {
      if (commands == 0) {
        super.command(memory, offset, length);
      }
    }

    @Override
    public void fill(OutgoingPdus batch) {
      super.fill(batch);
      batch.last();
    }
  }
}
