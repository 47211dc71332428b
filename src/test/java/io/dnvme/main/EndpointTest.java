package io.dnvme.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {

  @Test
  void address_isRead() {
    assertThat(Endpoint.parse("127.0.0.1:4420")).isEqualTo(new Endpoint("127.0.0.1", 4420));
    assertThat(Endpoint.parse("[::1]:0")).isEqualTo(new Endpoint("::1", 0));
    assertThat(Endpoint.parse("[::1]:65535")).hasToString("[::1]:65535");
    assertThat(Endpoint.parse("node-7:1")).hasToString("node-7:1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "4420",
        ":4420",
        "host:",
        "host:-1",
        "host:65536",
        "::1:4420",
        "host:4x",
        " :1"
      })
  void noAddress_isRefusedWithItsText(String text) {
    assertThatThrownBy(() -> Endpoint.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "' is no address");
  }
}
