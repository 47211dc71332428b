package io.dnvme.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SizesTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "512, 512",
    "512B, 512",
    "4k, 4096",
    "4K, 4096",
    "4KiB, 4096",
    "4Ki, 4096",
    "10G, 10737418240",
    "1.5T, 1649267441664",
    "1P, 1125899906842624",
    "8191P, 9222246136947933184",
  })
  void size_isRead(String text, long bytes) {
    assertThat(Sizes.parse(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "G", "-1", "1X", "1.1", "0.3K", "8192P", "99999999999999999999", "1iB", "1 G"})
  void noSize_isRefusedWithItsText(String text) {
    assertThatThrownBy(() -> Sizes.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "' is no size");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "512, 512",
    "4096, 4K",
    "10737418240, 10G",
    "1572864000, 1500M",
    "1025, 1025"
  })
  void format_isShortestExact(long bytes, String text) {
    assertThat(Sizes.format(bytes)).isEqualTo(text);
    assertThat(Sizes.parse(text)).isEqualTo(bytes);
  }
}
