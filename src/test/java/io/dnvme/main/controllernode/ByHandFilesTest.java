package io.dnvme.main.controllernode;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.main.Endpoint;
import io.dnvme.main.controllernode.ControllerNodeSettings.DiskNodeAddress;
import io.dnvme.main.disknode.DiskNodeSettings;
import io.dnvme.main.disknode.DiskNodes;
import io.dnvme.main.node.NodeConfiguration;
import io.dnvme.volume.intent.RebuildRate;
import io.dnvme.volume.mirror.ScrubOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The example that docs/by-hand.md explains. */
class ByHandFilesTest {

  private static final Path DOCS = Path.of("docs");
  private static final Path FILES = DOCS.resolve("by-hand");

  private static ControllerNodeSettings controller(int number) {
    Path file = FILES.resolve("controller-" + number + ".conf");
    return ControllerNodeSettings.read(
        NodeConfiguration.load(file, ControllerNodeSettings.ROLE).role());
  }

  private static ControllerNodeSettings.Served disk(ControllerNodeSettings of) {
    return of.disks().getFirst();
  }

  @Test
  void controllersMeanTheDiskNodesThatThereAre_andTheSameDisk() {
    ControllerNodeSettings one = controller(1);
    ControllerNodeSettings two = controller(2);
    for (String name : List.of("a", "b", "c")) {
      DiskNodeSettings disk = DiskNodes.read(FILES.resolve("disk-" + name + ".conf"));
      assertThat(disk.cluster()).isEqualTo(one.cluster()).isEqualTo(two.cluster());
      assertThat(one.nodes().get(name))
          .isEqualTo(new DiskNodeAddress(disk.node(), disk.listen().getFirst(), 0));
    }
    assertThat(two.nodes()).isEqualTo(one.nodes()).hasSize(3);
    assertThat(two.id()).isNotEqualTo(one.id());
    assertThat(two.number()).isNotEqualTo(one.number());
    assertThat(one.disks()).hasSize(1);
    assertThat(two.disks()).hasSize(1);
    assertThat(disk(two).name()).isEqualTo(disk(one).name()).isEqualTo("disk1");
    assertThat(disk(two).id()).isEqualTo(disk(one).id());
    assertThat(disk(two).holders()).isEqualTo(disk(one).holders());
    assertThat(disk(two).leaseNanos()).isEqualTo(disk(one).leaseNanos());
    assertThat(disk(one).create()).get().returns(false, ControllerNodeSettings.Create::checksums);
    assertThat(disk(two).create()).isEmpty();
    for (ControllerNodeSettings each : List.of(one, two)) {
      assertThat(disk(each).replacements()).isEmpty();
      assertThat(each.rebuild()).isEqualTo(RebuildRate.DEFAULT);
      assertThat(each.scrub().intervalSeconds()).isEqualTo(7 * 24 * 3600);
      assertThat(each.scrub().atStart()).isFalse();
      assertThat(each.scrub().rates()).isEqualTo(ScrubOptions.DEFAULTS);
    }
    assertThat(Stream.of(one, two).flatMap(each -> each.listen().stream()))
        .doesNotHaveDuplicates()
        .allMatch(endpoint -> endpoint.host().equals("127.0.0.1"))
        .doesNotContain(one.nodes().get("a").endpoint())
        .contains(new Endpoint("127.0.0.1", 4420));
  }

  @Test
  void allFiles_areNamedInTheDocument() throws IOException {
    String text = Files.readString(DOCS.resolve("by-hand.md"));
    try (Stream<Path> files = Files.list(FILES)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .hasSize(5)
          .allMatch(name -> text.contains("by-hand/" + name));
    }
  }
}
