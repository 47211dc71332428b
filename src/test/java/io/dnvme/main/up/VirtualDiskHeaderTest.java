package io.dnvme.main.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class VirtualDiskHeaderTest {

  private static final VirtualDiskHeader HEADER =
      new VirtualDiskHeader(
          "disk1",
          UUID.fromString("6f9cf7a2-1f6b-4a5b-9d0c-0123456789ab"),
          10L << 30,
          4096,
          Instant.parse("2026-01-02T03:04:05Z"));

  private static final String GOLDEN =
      """
      dnvme-virtual-disk 1
      name disk1
      uuid 6f9cf7a2-1f6b-4a5b-9d0c-0123456789ab
      size-bytes 10737418240
      block-size-bytes 4096
      created 2026-01-02T03:04:05Z
      crc32c dc7dd425
      """;

  @Test
  void encoded_isTheGoldenText_andReadsBack() throws Exception {
    assertThat(HEADER.encode()).isEqualTo(GOLDEN);
    assertThat(VirtualDiskHeader.decode(GOLDEN)).isEqualTo(HEADER);
  }

  @Test
  void anyChangedCharacter_isRefused() {
    String good = HEADER.encode();
    for (int i = 0; i < good.length(); i++) {
      char other = good.charAt(i) == '7' ? '8' : '7';
      String bad = good.substring(0, i) + other + good.substring(i + 1);
      assertThatThrownBy(() -> VirtualDiskHeader.decode(bad))
          .as("character %d", i)
          .isInstanceOf(VirtualDiskHeader.FormatException.class);
    }
  }

  @Test
  void anyTruncation_isRefused() {
    String good = HEADER.encode();
    for (int length = 0; length < good.length(); length++) {
      String bad = good.substring(0, length);
      assertThatThrownBy(() -> VirtualDiskHeader.decode(bad))
          .as("length %d", length)
          .isInstanceOf(VirtualDiskHeader.FormatException.class);
    }
  }

  @Test
  void newerVersion_isRefusedByItsNumber() {
    assertThatThrownBy(() -> VirtualDiskHeader.decode("dnvme-virtual-disk 2\nwhatever\n"))
        .hasMessageContaining("format version 2");
  }
}
