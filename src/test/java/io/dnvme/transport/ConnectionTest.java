package io.dnvme.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.FatalErrorStatus;
import io.dnvme.nvme.connection.CloseReason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What arrives, in which pieces ever, and how it is given to the rules. */
class ConnectionTest {

  private final TransportFixture fixture = new TransportFixture(2);
  private final AnswerRules rules = new AnswerRules();

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void oneCommand_answered() throws IOException {
    try (TestPeer peer = connect()) {
      peer.send(TestPeer.capsule(1, 4096, 512));
      peer.expect(1, 4096, 512);
    }
    TransportFixture.await("closed", () -> rules.closings > 0);
    assertThat(rules.reason).isEqualTo(CloseReason.BY_PEER);
    assertThat(rules.openings).isOne();
  }

  @Test
  void manyCommandsInOneSend_answeredInFewBatches() throws IOException {
    int commands = 400;
    try (TestPeer peer = connect()) {
      peer.send(capsules(commands, 64));
      for (int i = 0; i < commands; i++) {
        peer.expect(i, 64, i * 8);
      }
    }
    assertThat(rules.commands).isEqualTo(commands);
    assertThat(rules.batches).isLessThan(commands / 10);
  }

  @Test
  void moreCommandsThanABatchHolds_allAnswered() throws IOException {
    int commands = 3000;
    try (TestPeer peer = connect()) {
      peer.send(capsules(commands, 16));
      for (int i = 0; i < commands; i++) {
        peer.expect(i, 16, i * 8);
      }
    }
  }

  @Test
  void piecesOfAnySize_sameCommands() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int commands = 500;
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < commands; i++) {
      byte[] data = new byte[random.nextInt(4) == 0 ? random.nextInt(20_000) : 0];
      all.write(TestPeer.capsule(i, 32, i * 4, data));
    }
    byte[] bytes = all.toByteArray();
    try (TestPeer peer = connect()) {
      Thread sender =
          Thread.ofPlatform()
              .start(() -> {
                int sent = 0;
                while (sent < bytes.length) {
                  int piece = Math.min(1 + random.nextInt(9000), bytes.length - sent);
                  try {
                    peer.send(bytes, sent, piece);
                  } catch (IOException e) {
                    return;
                  }
                  sent += piece;
                }
              });
      for (int i = 0; i < commands; i++) {
        peer.expect(i, 32, i * 4);
      }
      sender.join();
    } catch (InterruptedException | AssertionError e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  @Test
  void byteByByte_answeredWhenWhole() throws IOException {
    byte[] capsule = TestPeer.capsule(7, 100, 0, new byte[] {1, 2, 3, 4});
    try (TestPeer peer = connect()) {
      for (int i = 0; i < capsule.length; i++) {
        peer.send(capsule, i, 1);
      }
      peer.expect(7, 100, 0);
    }
    assertThat(rules.commands).isOne();
  }

  @Test
  void senderStopsInMidPdu_keepsOnlyItsOwnConnectionWaiting() throws IOException {
    byte[] capsule = TestPeer.capsule(1, 8, 0, new byte[60_000]);
    try (TestPeer slow = connect()) {
      slow.send(capsule, 0, 50_000);
      AnswerRules others = new AnswerRules();
      Listener second = fixture.listen(() -> others);
      try (TestPeer peer = new TestPeer(second.address())) {
        for (int i = 0; i < 100; i++) {
          peer.send(TestPeer.capsule(i, 64, 0));
          peer.expect(i, 64, 0);
        }
      }
      assertThat(rules.commands).isZero();
      slow.send(capsule, 50_000, capsule.length - 50_000);
      slow.expect(1, 8, 0);
    }
  }

  @Test
  void peerAtRest_holdsNoReceiveMemory() throws IOException {
    try (TestPeer peer = connect()) {
      peer.send(TestPeer.capsule(1, 64, 0));
      peer.expect(1, 64, 0);
      TransportFixture.await("memory given back", () -> regionsLent() == 0);
      assertThat(fixture.connections()).isOne();
    }
  }

  @Test
  void senderRestsInMidPdu_memoryBehindItIsDroppedAndItsBytesStay() throws IOException {
    byte[] data = new byte[400_000];
    new Random(7).nextBytes(data);
    byte[] capsule = TestPeer.capsule(1, 8, 0, data);
    int sum = 0;
    for (int i = AnswerRules.CAPSULE_BYTES; i < capsule.length; i += 97) {
      sum += capsule[i];
    }
    try (TestPeer peer = connect()) {
      peer.send(capsule, 0, 300_000);
      TransportFixture.await(
          "received", () -> fixture.reactors.sum(ReactorCounters::bytesIn) == 300_000);
      for (int sweep = 0; sweep < 3; sweep++) {
        for (EpollReactor reactor : fixture.reactors.all()) {
          fixture.on(
              reactor.index(),
              () -> {
                reactor.queuePairs().sweep();
                return null;
              });
        }
      }
      peer.send(capsule, 300_000, capsule.length - 300_000);
      peer.expect(1, 8, 0);
    }
    assertThat(rules.inCapsuleSum).isEqualTo(sum);
  }

  @Test
  void largestPdu_received() throws IOException {
    try (TestPeer peer = connect()) {
      for (int i = 0; i < 5; i++) {
        peer.send(TestPeer.capsule(i, 8, 0, new byte[1 << 20]));
        peer.expect(i, 8, 0);
      }
    }
    assertThat(rules.inCapsuleBytes).isEqualTo(5L << 20);
  }

  @Test
  void malformedPdu_givenToTheRulesBehindTheGoodOnes() throws IOException {
    byte[] good = TestPeer.capsule(1, 16, 0);
    byte[] bad = TestPeer.capsule(2, 16, 0);
    bad[0] = (byte) 0x77;
    byte[] both = new byte[good.length + bad.length];
    System.arraycopy(good, 0, both, 0, good.length);
    System.arraycopy(bad, 0, both, good.length, bad.length);
    try (TestPeer peer = connect()) {
      peer.send(both);
      TransportFixture.await("closed", () -> rules.closings > 0);
    }
    assertThat(rules.commands).isOne();
    assertThat(rules.malformedFes).isEqualTo(FatalErrorStatus.INVALID_PDU_HEADER_FIELD);
    assertThat(rules.reason).isEqualTo(CloseReason.BY_RULES);
  }

  @Test
  void pduThatNoBufferHolds_isAFault() throws IOException {
    rules.framer().maxInCapsuleDataBytes(1L << 32);
    byte[] capsule = TestPeer.capsule(1, 16, 0, new byte[100]);
    capsule[7] = 0x10;
    try (TestPeer peer = connect()) {
      peer.send(capsule);
      TransportFixture.await("closed", () -> rules.closings > 0);
    }
    assertThat(rules.malformedFes).isEqualTo(FatalErrorStatus.DATA_TRANSFER_LIMIT_EXCEEDED);
  }

  @Test
  void counters_countWhatHappened() throws IOException {
    int commands = 50;
    try (TestPeer peer = connect()) {
      for (int i = 0; i < commands; i++) {
        peer.send(TestPeer.capsule(i, 64, 0));
        peer.expect(i, 64, 0);
      }
      TransportFixture.await(
          "all counted", () -> fixture.reactors.sum(ReactorCounters::batchesOut) == commands);
      assertThat(fixture.reactors.sum(ReactorCounters::pdusIn)).isEqualTo(commands);
      assertThat(fixture.reactors.sum(ReactorCounters::bytesIn)).isEqualTo(commands * 72L);
      assertThat(fixture.reactors.sum(ReactorCounters::bytesOut)).isEqualTo(commands * 72L);
      assertThat(fixture.reactors.sum(ReactorCounters::receiveCalls)).isEqualTo(commands);
      assertThat(fixture.reactors.sum(ReactorCounters::writeCalls)).isEqualTo(commands);
      assertThat(fixture.reactors.sum(ReactorCounters::connections)).isOne();
    }
  }

  private TestPeer connect() throws IOException {
    return new TestPeer(fixture.listen(() -> rules).address());
  }

  private int regionsLent() {
    return fixture.on(0, () -> fixture.reactors.get(0).regions().lent())
        + fixture.on(1, () -> fixture.reactors.get(1).regions().lent());
  }

  private static byte[] capsules(int count, int length) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      all.writeBytes(TestPeer.capsule(i, length, i * 8));
    }
    return all.toByteArray();
  }
}
