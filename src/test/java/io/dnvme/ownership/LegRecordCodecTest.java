package io.dnvme.ownership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.SeededRandom;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class LegRecordCodecTest {

  private static final int FLAGS_OFFSET = 10;

  @Test
  void record_comesBackAsItWas() throws Exception {
    for (LegRecord record :
        List.of(
            Samples.first(),
            Samples.full(),
            Samples.withChecksums(Samples.full()),
            Samples.full().withScrub(new ScrubMark(0, 1)),
            Samples.full().withScrub(new ScrubMark(Long.MAX_VALUE, 0)),
            Samples.first().asDeleted())) {
      assertThat(LegRecordCodec.decode(LegRecordCodec.encode(record))).isEqualTo(record);
    }
  }

  @Test
  void goldenBytes_areReadAndWritten() throws Exception {
    byte[] golden = Golden.bytes("leg-record-v1.hex");
    assertThat(HexFormat.of().formatHex(LegRecordCodec.encode(Samples.full())))
        .isEqualTo(HexFormat.of().formatHex(golden));
    assertThat(LegRecordCodec.decode(golden)).isEqualTo(Samples.full());
  }

  @Test
  void goldenBytesOfALegWithChecksums_areReadAndWritten() throws Exception {
    byte[] golden = Golden.bytes("leg-record-v1-checksums.hex");
    LegRecord record = Samples.withChecksums(Samples.full().withMembersAfterLoss(List.of()));
    assertThat(HexFormat.of().formatHex(LegRecordCodec.encode(record)))
        .isEqualTo(HexFormat.of().formatHex(golden));
    assertThat(LegRecordCodec.decode(golden)).isEqualTo(record);
  }

  @Test
  void goldenBytesOfALegThatIsScrubbed_areReadAndWritten() throws Exception {
    byte[] golden = Golden.bytes("leg-record-v1-scrub.hex");
    LegRecord record = Samples.full().withScrub(new ScrubMark(1_795_000_000, 3L << 30));
    assertThat(HexFormat.of().formatHex(LegRecordCodec.encode(record)))
        .isEqualTo(HexFormat.of().formatHex(golden));
    assertThat(LegRecordCodec.decode(golden)).isEqualTo(record);
  }

  @Test
  void unknownFlag_isRefused_andNamed() {
    byte[] sealed = withFlags(LegRecordCodec.encode(Samples.first()), 0x8000);
    assertThatThrownBy(() -> LegRecordCodec.decode(sealed))
        .isInstanceOf(RecordFormatException.class)
        .hasMessageContaining("flags 0x8000, which this release does not know");
  }

  @Test
  void scrubThatIsNotedAndNeverWas_isRefused() {
    byte[] bytes = LegRecordCodec.encode(Samples.first());
    byte[] zeroes = Arrays.copyOf(bytes, bytes.length + 2 * Long.BYTES);
    Arrays.fill(zeroes, bytes.length - Integer.BYTES, zeroes.length, (byte) 0);
    byte[] never = withFlags(zeroes, 0x4000);
    assertThatThrownBy(() -> LegRecordCodec.decode(never))
        .isInstanceOf(RecordFormatException.class)
        .hasMessageContaining("never was");
  }

  private static byte[] withFlags(byte[] record, int flags) {
    byte[] body = Arrays.copyOf(record, record.length - Integer.BYTES);
    body[FLAGS_OFFSET + 1] |= (byte) (flags >> 8);
    return new FieldWriter().raw(body).sealed(FieldReader.LENGTH_OFFSET);
  }

  @Test
  void losses_areKept_andBeginAgain() throws Exception {
    LegRecord record = Samples.full();
    for (int i = 1; i <= LegRecord.LOSSES; i++) {
      record = record.withMembersAfterLoss(List.of());
      assertThat(record.losses()).isEqualTo(i % LegRecord.LOSSES);
      if (i < 10 || i > LegRecord.LOSSES - 10) {
        assertThat(LegRecordCodec.decode(LegRecordCodec.encode(record))).isEqualTo(record);
      }
    }
  }

  @Test
  void anyFlippedBit_isRefused() {
    byte[] bytes = LegRecordCodec.encode(Samples.full());
    for (int bit = 0; bit < bytes.length * 8; bit++) {
      byte[] damaged = bytes.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      assertThatThrownBy(() -> LegRecordCodec.decode(damaged))
          .isInstanceOf(RecordFormatException.class);
    }
  }

  @Test
  void anyCutLength_isRefused() {
    byte[] bytes = LegRecordCodec.encode(Samples.full());
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> LegRecordCodec.decode(cut))
          .isInstanceOf(RecordFormatException.class);
    }
  }

  @Test
  void garbageUnderARightChecksum_isRefusedOrReadExactly() {
    var random = SeededRandom.of(LegRecordCodecTest.class);
    byte[] bytes = LegRecordCodec.encode(Samples.full());
    for (int i = 0; i < 20_000; i++) {
      byte[] altered = Arrays.copyOf(bytes, bytes.length - Integer.BYTES);
      for (int n = random.nextInt(1, 4); n > 0; n--) {
        altered[random.nextInt(FieldReader.HEADER_BYTES, altered.length)] = (byte) random.nextInt();
      }
      byte[] sealed = new FieldWriter().raw(altered).sealed(FieldReader.LENGTH_OFFSET);
      try {
        LegRecord read = LegRecordCodec.decode(sealed);
        assertThat(LegRecordCodec.encode(read)).isEqualTo(sealed);
      } catch (RecordFormatException e) {
        assertThat(e).message().doesNotContain("checksum");
      }
    }
  }

  private static byte[] withGeneration(long generation) {
    byte[] bytes = LegRecordCodec.encode(Samples.full());
    byte[] altered = Arrays.copyOf(bytes, bytes.length - Integer.BYTES);
    ByteBuffer.wrap(altered).order(ByteOrder.LITTLE_ENDIAN).putLong(72, generation);
    return new FieldWriter().raw(altered).sealed(FieldReader.LENGTH_OFFSET);
  }

  /** Else whoever claims the leg could not count on. */
  @Test
  void generationAboveTheHighest_isRefused() throws Exception {
    LegRecord last = LegRecordCodec.decode(withGeneration(LegRecord.MAX_GENERATION));
    assertThat(last.claimedBy(last.epoch(), last.owner()).generation())
        .isEqualTo(LegRecord.MAX_GENERATION + 1);
    for (long generation : new long[] {LegRecord.MAX_GENERATION + 1, Long.MAX_VALUE}) {
      assertThatThrownBy(() -> LegRecordCodec.decode(withGeneration(generation)))
          .isInstanceOf(RecordFormatException.class)
          .hasMessageContaining("generation");
    }
  }

  @Test
  void otherVersion_isNamed() {
    byte[] body = Arrays.copyOf(LegRecordCodec.encode(Samples.first()), 100);
    body[8] = 2;
    assertThatThrownBy(() -> LegRecordCodec.decode(body))
        .hasMessageContaining("format version 2")
        .hasMessageContaining("reads version 1");
  }

  @Test
  void mostGroupsOfThreeCopies_fit() {
    var groups = new ArrayList<Group>();
    for (int i = 0; i < LegRecord.MAX_GROUPS; i++) {
      groups.add(
          Samples.mirror(
              1 + 10 * i, MemberState.IN_SYNC, MemberState.IN_SYNC, MemberState.IN_SYNC));
    }
    LegRecord largest = Samples.first().withGroups(groups);
    assertThat(LegRecordCodec.encode(largest)).hasSizeLessThan(LegRecordCodec.MAX_BYTES);
    groups.add(Samples.mirror(9999, MemberState.IN_SYNC));
    assertThatThrownBy(() -> Samples.first().withGroups(groups)).hasMessageContaining("128 groups");
  }
}
