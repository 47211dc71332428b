package io.dnvme.nvme;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.dnvme.SeededRandom;
import io.dnvme.nvme.PduFramer.Outcome;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Bytes from a peer that follows no rules. Every build runs the stored inputs and many random ones.
 * This goes on looking for ten minutes, guided by coverage:
 *
 * <pre>JAZZER_FUZZ=1 mvn test -Dtest='PduFramerFuzzTest#anyBytes*' -Djazzer.hooks=true</pre>
 */
class PduFramerFuzzTest {

  private static final int MUTATED = 200_000;
  private static final int MAX_SIZE = 600;

  private final MemorySegment buffer = Hex.dirty(MAX_SIZE);
  private final Crc32c crc = new Crc32c();

  /** The first byte configures the framer, see {@link FramerProperties}. */
  @FuzzTest(maxDuration = "10m")
  void anyBytes_keepTheProperties(byte[] input) {
    if (input == null || input.length == 0) {
      return;
    }
    MemorySegment bytes = Hex.segment(input);
    FramerProperties.check(input[0], bytes.asSlice(1, input.length - 1L));
  }

  @Test
  void mutatedPdus_keepTheProperties() {
    Random random = SeededRandom.of(getClass());
    var seen = new EnumMap<Outcome, Integer>(Outcome.class);
    for (int i = 0; i < MUTATED; i++) {
      int configuration = random.nextInt(256);
      int size = writePdu(configuration, random);
      for (int mutations = random.nextInt(4); mutations > 0; mutations--) {
        // Crowded at the front, where the headers are.
        int at = random.nextInt(1 + random.nextInt(size));
        buffer.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt());
      }
      int arrived = random.nextBoolean() ? size : random.nextInt(size + 1);
      seen.merge(
          FramerProperties.check(configuration, buffer.asSlice(0, arrived)), 1, Integer::sum);
    }
    // A generator that never gets past the first check would show nothing.
    for (Outcome outcome : Outcome.values()) {
      assertThat(seen.getOrDefault(outcome, 0)).as(seen.toString()).isGreaterThan(MUTATED / 100);
    }
  }

  @Test
  void flippedHeaderBit_isAlwaysFoundByTheDigest() {
    for (int configuration : new int[] {0x0a, 0x0b}) {
      var random = new Random(1);
      for (int pdu = 0; pdu < 20; pdu++) {
        int size = writePdu(configuration, random);
        PduFramer framer = FramerProperties.framer(configuration);
        assertThat(framer.frame(buffer, 0, size)).isEqualTo(Outcome.WHOLE);
        if (framer.type() < PduType.CAPSULE_CMD) {
          continue;
        }
        int headerBits = 8 * (new PduHeader().wrap(buffer, 0).headerBytes());
        for (int bit = 0; bit < headerBits; bit++) {
          flip(bit);
          Outcome outcome = framer.frame(buffer, 0, MAX_SIZE);
          // Data PDUs are one bit away from termination requests, which end the connection too.
          if (framer.type() > PduType.C2H_TERM_REQ) {
            assertThat(outcome).as("bit " + bit).isEqualTo(Outcome.FAULT);
          }
          flip(bit);
        }
      }
    }
  }

  private void flip(int bit) {
    byte value = buffer.get(ValueLayout.JAVA_BYTE, bit / 8);
    buffer.set(ValueLayout.JAVA_BYTE, bit / 8, (byte) (value ^ 1 << bit % 8));
  }

  /** Writes a PDU that is right for the configuration; returns its size. */
  private int writePdu(int configuration, Random random) {
    boolean host = (configuration & FramerProperties.HOST) != 0;
    boolean initialized = (configuration & FramerProperties.INITIALIZED) != 0;
    boolean hdgst = (configuration & FramerProperties.HDGST) != 0;
    boolean ddgst = (configuration & FramerProperties.DDGST) != 0;
    int data = 4 * (1 + random.nextInt(100));
    if (!initialized) {
      return host ? size(new IcResp().wrap(buffer, 0).start().maxh2cdata(8192)) : icReq();
    }
    return switch (random.nextInt(4) + (host ? 4 : 0)) {
      case 0 -> size(new CapsuleCmd().wrap(buffer, 0).start(hdgst).seal(crc));
      case 1 ->
          aligned(
              new CapsuleCmd().wrap(buffer, 0).startWithData(data, hdgst, ddgst), configuration);
      case 2 ->
          aligned(new H2cData().wrap(buffer, 0).start(data, true, hdgst, ddgst), configuration);
      case 3 -> termReq(PduType.H2C_TERM_REQ);
      case 4 -> size(new CapsuleResp().wrap(buffer, 0).start(hdgst).seal(crc));
      case 5 ->
          aligned(
              new C2hData().wrap(buffer, 0).start(Pdu.FLAG_LAST_PDU, data, hdgst, ddgst),
              configuration);
      case 6 -> size(new R2t().wrap(buffer, 0).start(hdgst).r2tl(data).seal(crc));
      default -> termReq(PduType.C2H_TERM_REQ);
    };
  }

  private int icReq() {
    return size(new IcReq().wrap(buffer, 0).start());
  }

  private int termReq(int type) {
    return size(new TermReq().wrap(buffer, 0).start(type, 1, 2, buffer, 300, 72));
  }

  /** Moves the data to where the framer of that configuration wants it. */
  private int aligned(Pdu<?> pdu, int configuration) {
    int alignment = 4 + 4 * (configuration >>> 4 & 3);
    int pdo = (pdu.pdo() + alignment - 1) / alignment * alignment;
    pdu.commonHeader(pdu.type(), pdu.flags(), pdu.hlen(), pdo, pdu.plen() + pdo - pdu.pdo());
    return size(pdu.seal(crc));
  }

  private static int size(Pdu<?> pdu) {
    return (int) pdu.plen();
  }
}
