package io.dnvme.nvme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NqnTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        Nqn.DISCOVERY,
        "nqn.2014-08.org.nvmexpress:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "nqn.2016-06.io.spdk:cnode1",
        "nqn.2014-08.com.example:nvme.host.sys.xyz",
        "nqn.2026-01.io.dnvme:disk1:leg-0",
        "nqn.2026-12.org.example-2:Größe"
      })
  void nameOfTheForm_isValid(String name) {
    assertThat(Nqn.isValid(name)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nqn",
        "iqn.2014-08.com.example:x",
        "nqn.2014-8.com.example:x",
        "nqn.2014-13.com.example:x",
        "nqn.2014-00.com.example:x",
        "nqn.2014-08:x",
        "nqn.2014-08.com.example:",
        "nqn.2014-08.com..example:x",
        "nqn.2014-08.-com.example:x",
        "nqn.2014-08.com.example:a\nb",
        "nqn.2014-08.org.nvmexpress:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf",
        "nqn.2014-08.org.nvmexpress:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bfg"
      })
  void otherName_isNotValid(String name) {
    assertThat(Nqn.isValid(name)).isFalse();
  }

  @Test
  void longestName_isValidAndOneMoreIsNot() {
    String longest = "nqn.2026-01.io.dnvme:" + "x".repeat(Nqn.MAX_BYTES - 21);
    assertThat(longest).hasSize(223);
    assertThat(Nqn.isValid(longest)).isTrue();
    assertThat(Nqn.isValid(longest + "x")).isFalse();

    String longestInBytes = longest.substring(0, 222) + "ö";
    assertThat(Nqn.isValid(longestInBytes)).isFalse();

    var field = Hex.dirty(Nqn.FIELD_SIZE);
    Nqn.write(field, 0, longest);
    assertThat(Nqn.read(field, 0)).isEqualTo(longest);
    assertThat(Hex.of(field, 223, 33)).isEqualTo("00".repeat(33));
    assertThatThrownBy(() -> Nqn.write(field, 0, longest + "x"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void fieldWithoutEnd_isNoName() {
    var field = Hex.segment("x".repeat(256).getBytes(StandardCharsets.UTF_8));
    assertThat(Nqn.read(field, 0)).isNull();
    Nqn.write(field, 0, Nqn.DISCOVERY);
    assertThat(Nqn.read(field, 0)).isEqualTo(Nqn.DISCOVERY);
    field.set(ValueLayout.JAVA_BYTE, 0, (byte) 'i');
    assertThat(Nqn.read(field, 0)).isNull();
  }

  @Test
  void fieldOfAnyForm_needsAnEndOnly() {
    var field = Hex.segment(new byte[Nqn.FIELD_SIZE]);
    assertThat(Nqn.readAnyForm(field, 0)).isEmpty();
    assertThat(Nqn.read(field, 0)).isNull();
    Nqn.write(field, 0, "me, myself");
    assertThat(Nqn.readAnyForm(field, 0)).isEqualTo("me, myself");
    assertThat(Nqn.read(field, 0)).isNull();
    field.asSlice(0, Nqn.MAX_BYTES).fill((byte) 'x');
    assertThat(Nqn.readAnyForm(field, 0)).hasSize(Nqn.MAX_BYTES);
    field.set(ValueLayout.JAVA_BYTE, Nqn.MAX_BYTES, (byte) 'x');
    assertThat(Nqn.readAnyForm(field, 0)).isNull();
  }

  @Test
  void uuid_hasAFormOfItsOwn() {
    var uuid = UUID.fromString("f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    assertThat(Nqn.ofUuid(uuid))
        .isEqualTo("nqn.2014-08.org.nvmexpress:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    assertThat(Nqn.isValid(Nqn.ofUuid(uuid))).isTrue();
  }
}
