package io.dnvme.nvme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.SeededRandom;
import io.dnvme.block.IoVector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Crc32cTest {

  private final Crc32c crc = new Crc32c();

  /** RFC 3720 appendix B.4, which shows the digests as they are sent: lowest byte first. */
  @ParameterizedTest
  @CsvSource({
    "0000000000000000000000000000000000000000000000000000000000000000, aa36918a",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff, 43aba862",
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f, 4e79dd46",
    "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100, 5cdb3f11",
    "01c00000000000000000000000000000140000000000040000000014000000182800000000000000"
        + "0200000000000000, 563a96d9"
  })
  void vectorsOfRfc3720_match(String data, String wireBytes) {
    var segment = Hex.segment(data);
    int expected = Integer.reverseBytes(Integer.parseUnsignedInt(wireBytes, 16));
    assertThat(crc.of(segment, 0, segment.byteSize())).isEqualTo(expected);
  }

  @Test
  void checkValue_matches() {
    var segment = Hex.segment("123456789".getBytes(StandardCharsets.US_ASCII));
    assertThat(crc.of(segment, 0, 9)).isEqualTo(0xe306_9283);
    assertThat(crc.of(segment, 0, 0)).isZero();
  }

  @Test
  void rangesInARow_giveTheDigestOfTheWhole() {
    Random random = SeededRandom.of(getClass());
    for (int i = 0; i < 2_000; i++) {
      var bytes = new byte[random.nextInt(3_000)];
      random.nextBytes(bytes);
      var reference = new CRC32C();
      reference.update(bytes);
      MemorySegment segment = i % 2 == 0 ? Hex.segment(bytes) : MemorySegment.ofArray(bytes);
      crc.reset();
      int at = 0;
      while (at < bytes.length) {
        int length = 1 + random.nextInt(bytes.length - at);
        crc.update(segment, at, length);
        at += length;
      }
      assertThat(crc.value()).isEqualTo((int) reference.getValue());
      assertThat(crc.of(segment, 0, bytes.length)).isEqualTo((int) reference.getValue());
    }
  }

  /** The same digests where the data is a part of a vector, whose ranges end anywhere. */
  @ParameterizedTest
  @CsvSource({"0, aa36918a", "32, 43aba862", "64, 4e79dd46", "96, 5cdb3f11"})
  void partsOfAVector_matchRfc3720(int from, String wireBytes) {
    var bytes =
        Hex.segment(
            "00".repeat(32)
                + "ff".repeat(32)
                + "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                + "1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100");
    var data = new IoVector();
    int at = 0;
    for (int end : new int[] {5, 32, 32, 33, 90, 91, 96, 128}) {
      data.add(bytes, at, end - at);
      at = end;
    }
    int expected = Integer.reverseBytes(Integer.parseUnsignedInt(wireBytes, 16));
    assertThat(crc.of(data, from, 32)).isEqualTo(expected);
    assertThatThrownBy(() -> crc.of(data, from + 1, 128 - from))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void partOfAVector_givesTheDigestOfItsBytes() {
    Random random = SeededRandom.of(getClass());
    var bytes = new byte[1_000];
    random.nextBytes(bytes);
    MemorySegment whole = Hex.segment(bytes);
    var vector = new IoVector().add(whole, 0, 1).add(whole, 1, 499).add(whole, 500, 500);
    for (int i = 0; i < 2_000; i++) {
      int from = random.nextInt(bytes.length + 1);
      int length = random.nextInt(bytes.length - from + 1);
      assertThat(crc.of(vector, from, length)).isEqualTo(crc.of(whole, from, length));
    }
  }

  @Test
  void manySegments_areAllReached() {
    Random random = SeededRandom.of(getClass());
    try (Arena arena = Arena.ofConfined()) {
      // Large ones are mapped one by one: they spread over several windows of the address space.
      for (int i = 0; i < 100; i++) {
        MemorySegment segment = arena.allocate(i % 10 == 0 ? 64 << 20 : 4096 + random.nextInt(7));
        long offset = segment.byteSize() - 1000;
        var bytes = new byte[1000];
        random.nextBytes(bytes);
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, offset, bytes.length);
        var reference = new CRC32C();
        reference.update(bytes);
        assertThat(crc.of(segment, offset, 1000)).isEqualTo((int) reference.getValue());
      }
    }
  }

  @Test
  void rangeBeyondTheSegment_isRefused() {
    MemorySegment segment = Arena.ofAuto().allocate(16);
    assertThatThrownBy(() -> crc.of(segment, 8, 9)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> crc.of(segment, -1, 4)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> crc.of(segment, 0, -1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> crc.of(segment, 0, Crc32c.MAX_RANGE_BYTES + 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void closedSegment_isRefused() {
    Arena arena = Arena.ofShared();
    MemorySegment segment = arena.allocate(16);
    arena.close();
    assertThatThrownBy(() -> crc.of(segment, 0, 16)).isInstanceOf(IllegalStateException.class);
  }
}
