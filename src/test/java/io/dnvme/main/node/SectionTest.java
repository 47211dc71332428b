package io.dnvme.main.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import com.typesafe.config.ConfigFactory;
import io.dnvme.main.CommandException;
import io.dnvme.main.Endpoint;
import io.dnvme.main.ExitCode;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class SectionTest {

  private static Section of(String text) {
    return new Section("dnvme.test", ConfigFactory.parseString(text));
  }

  private static void assertRefused(String text, Consumer<Section> read, String message) {
    Section section = of(text);
    assertThatThrownBy(
            () -> {
              read.accept(section);
              section.end();
            })
        .isInstanceOfSatisfying(
            CommandException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE))
        .hasMessage(message);
  }

  @Test
  void pairsOfUuids_areRead_andNothingElse() {
    String one = "0d1f6a52-7c11-4a0e-8d37-90f2a1c4e5b6";
    String other = "7b6a3c52-3f0f-4d5c-9a54-0f1d7d3f0001";
    Section section =
        of("p { \"%s\" = \"%s\", %s = %s }, none {}".formatted(one, other, other, one));
    assertThat(section.uuidPairs("p"))
        .containsOnly(
            entry(UUID.fromString(one), UUID.fromString(other)),
            entry(UUID.fromString(other), UUID.fromString(one)));
    assertThat(section.uuidPairs("none")).isEmpty();
    section.end();
    assertRefused(
        "p { b = \"%s\" }".formatted(one),
        s -> s.uuidPairs("p"),
        "setting dnvme.test.p: 'b' is no UUID");
    assertRefused(
        "p { \"%s\" = 7 }".formatted(one),
        s -> s.uuidPairs("p"),
        "setting dnvme.test.p.%s: '7' is no UUID".formatted(one));
    assertRefused("p = b", s -> s.uuidPairs("p"), "setting dnvme.test.p: cannot be 'b'");
  }

  @Test
  void everyKindOfValue_isRead() {
    Section section =
        of(
            """
            id = 6f1b1a44-54b2-4d4a-9d6b-0d5bd1f0a001
            size = 1.5G
            time = 400ms
            number = 3
            flag = on
            listen = ["127.0.0.1:1", "[::1]:2"]
            groups = [[a, b], [c]]
            nodes { b { x = 1 }, a { x = 2 } }
            """);
    assertThat(section.uuid("id"))
        .isEqualTo(UUID.fromString("6f1b1a44-54b2-4d4a-9d6b-0d5bd1f0a001"));
    assertThat(section.sizeBytes("size")).isEqualTo(3L << 29);
    assertThat(section.nanos("time")).isEqualTo(400_000_000L);
    assertThat(section.number("number", 0, 3)).isEqualTo(3);
    assertThat(section.flag("flag")).isTrue();
    assertThat(section.endpoints("listen"))
        .containsExactly(new Endpoint("127.0.0.1", 1), new Endpoint("::1", 2));
    assertThat(section.textLists("groups")).containsExactly(List.of("a", "b"), List.of("c"));
    var nodes = section.sections("nodes");
    assertThat(nodes.keySet()).containsExactly("a", "b");
    assertThat(nodes.get("a").number("x", 0, 9)).isEqualTo(2);
    assertThat(nodes.get("b").number("x", 0, 9)).isEqualTo(1);
    assertThat(section.optionalSection("more")).isEmpty();
    section.end();
  }

  @Test
  void wrongValues_areNamedByTheirPath() {
    assertRefused("", s -> s.text("id"), "setting dnvme.test.id is missing");
    assertRefused("id = {}", s -> s.text("id"), "setting dnvme.test.id: cannot be a section");
    assertRefused("id = [1]", s -> s.text("id"), "setting dnvme.test.id: cannot be a list");
    assertRefused(
        "id = 1-2-3-4-5", s -> s.uuid("id"), "setting dnvme.test.id: '1-2-3-4-5' is no UUID");
    assertRefused("n = 4", s -> s.number("n", 0, 3), "setting dnvme.test.n: must be 0 to 3, not 4");
    assertRefused("n = x", s -> s.number("n", 0, 3), "setting dnvme.test.n: cannot be 'x'");
    assertRefused("t = 0ms", s -> s.nanos("t"), "setting dnvme.test.t: must be positive");
    assertRefused("l = []", s -> s.endpoints("l"), "setting dnvme.test.l: must name an address");
    assertRefused(
        "a { b { c = 1 } }",
        s -> s.section("a").section("b").uuid("c"),
        "setting dnvme.test.a.b.c: '1' is no UUID");
  }

  @Test
  void keysWithoutMeaning_areFound_inSectionsToo() {
    assertRefused("x = 1", s -> {}, "there is no setting dnvme.test.x");
    assertRefused(
        "a { b = 1, c = 2 }", s -> s.section("a").text("b"), "there is no setting dnvme.test.a.c");
  }

  @Test
  void keysWithDots_areOneKey() {
    Section nodes = of("nodes { \"node.1\" { x = 1 } }");
    assertThat(nodes.sections("nodes").get("node.1").number("x", 0, 1)).isEqualTo(1);
    nodes.end();
  }
}
