package io.dnvme.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Bytes of released formats, kept as hex in lines. */
final class Golden {

  private Golden() {}

  static byte[] bytes(String name) throws Exception {
    try (var in = Golden.class.getResourceAsStream(name)) {
      assertThat(in).as("the golden file " + name).isNotNull();
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
    }
  }
}
