package io.dnvme.disk.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class EpochTest {

  private static final UUID ONE = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
  private static final UUID TWO = UUID.fromString("ffeeddcc-bbaa-9988-7766-554433221100");

  @Test
  void higherNumber_follows_whoeverHasIt() {
    assertThat(new Epoch(8, ONE).mayFollow(new Epoch(7, ONE))).isTrue();
    assertThat(new Epoch(8, ONE).mayFollow(new Epoch(7, TWO))).isTrue();
    assertThat(new Epoch(1, ONE).mayFollow(Epoch.NONE)).isTrue();
  }

  @Test
  void lowerNumber_neverFollows() {
    assertThat(new Epoch(6, ONE).mayFollow(new Epoch(7, ONE))).isFalse();
    assertThat(Epoch.NONE.mayFollow(new Epoch(1, ONE))).isFalse();
  }

  @Test
  void equalNumber_follows_onlyOfTheSameIncarnation() {
    assertThat(new Epoch(7, ONE).mayFollow(new Epoch(7, ONE))).isTrue();
    assertThat(new Epoch(7, TWO).mayFollow(new Epoch(7, ONE))).isFalse();
    assertThat(new Epoch(7, TWO).isHigherThan(new Epoch(7, ONE))).isFalse();
  }

  @Test
  void next_isHigher_andTheClaimants() {
    Epoch next = new Epoch(7, ONE).next(TWO);
    assertThat(next).isEqualTo(new Epoch(8, TWO));
    assertThat(next.isHigherThan(new Epoch(7, ONE))).isTrue();
    assertThat(Epoch.NONE.isNone()).isTrue();
    assertThat(next.isNone()).isFalse();
  }

  @Test
  void binaryForm_hasTheseBytes_andIsReadBack() {
    var bytes = new byte[Epoch.SIZE_BYTES + 2];
    MemorySegment memory = MemorySegment.ofArray(bytes);
    var epoch = new Epoch(0x1234, ONE);
    epoch.write(memory, 1);
    assertThat(HexFormat.of().formatHex(bytes))
        .isEqualTo("00" + "3412000000000000" + "00112233445566778899aabbccddeeff" + "00");
    assertThat(Epoch.read(memory, 1)).isEqualTo(epoch);
  }

  @Test
  void lastNumber_hasNoNext() {
    var last = new Epoch(Epoch.MAX_NUMBER, ONE);
    assertThat(last.mayFollow(new Epoch(Epoch.MAX_NUMBER - 1, TWO))).isTrue();
    assertThatThrownBy(() -> last.next(TWO)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Epoch(Long.MAX_VALUE, ONE))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void negativeNumber_isRefused() {
    assertThatThrownBy(() -> new Epoch(-1, ONE)).hasMessageContaining("-1");
    var bytes = new byte[Epoch.SIZE_BYTES];
    bytes[7] = (byte) 0x80;
    assertThatThrownBy(() -> Epoch.read(MemorySegment.ofArray(bytes), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
