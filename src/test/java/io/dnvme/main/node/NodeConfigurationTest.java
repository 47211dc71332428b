package io.dnvme.main.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.main.CommandException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeConfigurationTest {

  private static final String ROLE = "disk-node";

  @TempDir Path temp;

  private NodeConfiguration load(String text) throws IOException {
    Path file = Files.writeString(temp.resolve("node.conf"), text);
    return NodeConfiguration.load(file, ROLE);
  }

  private void assertRefused(String text, String message) {
    assertThatThrownBy(() -> load(text))
        .isInstanceOf(CommandException.class)
        .hasMessageContaining("node.conf: ")
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  @Test
  void file_isReadOverTheDefaults() throws IOException {
    NodeConfiguration configuration =
        load(
            """
            dnvme.disk-node { id = me, extent-size = 4M }
            dnvme.transport.reactor.poll = sleep
            """);
    assertThat(configuration.role().text("id")).isEqualTo("me");
    assertThat(configuration.role().sizeBytes("extent-size")).isEqualTo(4 << 20);
    assertThat(configuration.role().section("disk").flag("memory")).isFalse();
    assertThat(configuration.process().getString("dnvme.transport.reactor.poll"))
        .isEqualTo("sleep");
  }

  @Test
  void wrongFiles_areRefusedInOneLine() {
    assertRefused("dnvme.disk-node { id = ", "Expecting a value");
    assertRefused("dnvme.disk-nodes { id = 1 }", "there is no section dnvme.disk-node");
    assertRefused("dnvme.disk-node.id = ${nothing}", "nothing");
    assertRefused(
        "dnvme.disk-node { id = 1 }, dnvme.transport.reactor.pol = busy",
        "there is no setting dnvme.transport.reactor.pol");
    assertRefused("dnvme.disk-node { id = 1 }, other = 1", "there is no setting other");
  }

  @Test
  void missingFile_isNamed() {
    Path file = temp.resolve("nothing.conf");
    assertThatThrownBy(() -> NodeConfiguration.load(file, ROLE))
        .isInstanceOf(CommandException.class)
        .hasMessage("cannot read " + file);
  }
}
