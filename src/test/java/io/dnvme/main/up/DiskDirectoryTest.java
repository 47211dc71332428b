package io.dnvme.main.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.dnvme.main.CommandException;
import io.dnvme.main.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskDirectoryTest {

  @TempDir Path temp;

  private static VirtualDiskHeader header(String name) {
    return new VirtualDiskHeader(name, UUID.randomUUID(), 1 << 20, 4096, Instant.EPOCH);
  }

  @Test
  void addedDisks_areThereAgain() {
    var first = header("b");
    var second = header("a");
    try (var directory = DiskDirectory.open(temp.resolve("new/one"))) {
      for (var header : new VirtualDiskHeader[] {first, second}) {
        directory.prepare(header.name());
        directory.add(header);
      }
    }
    try (var directory = DiskDirectory.open(temp.resolve("new/one"))) {
      assertThat(directory.disks()).containsExactly(second, first);
      assertThat(directory.disk("a")).isEqualTo(second);
      assertThat(directory.contains("c")).isFalse();
    }
  }

  @Test
  void madeDirectories_areDurableFromTheTop() throws Exception {
    Path top = temp.toRealPath();
    Path directory = top.resolve("new/one/two");
    List<Path> made = new ArrayList<>();
    DiskDirectory.open(
            directory,
            parent -> {
              made.add(parent);
              boolean isLast = parent.equals(top.resolve("new/one"));
              assertThat(Files.exists(directory)).as("made after its parents").isEqualTo(isLast);
            })
        .close();
    assertThat(made)
        .containsExactly(top.getParent(), top, top.resolve("new"), top.resolve("new/one"));
    made.clear();
    DiskDirectory.open(directory, made::add).close();
    assertThat(made).as("who made it may have been killed").containsExactly(directory.getParent());
  }

  @Test
  void madeDirectory_thatCannotBeMadeDurable_isRefused() {
    Path directory = temp.resolve("new");
    assertThatThrownBy(() ->
            DiskDirectory.open(
                directory,
                parent -> {
                  throw new IOException("planted");
                }))
        .isInstanceOf(CommandException.class)
        .hasMessageContaining(directory + ": it cannot be made: planted");
  }

  @Test
  void unfinishedCreation_isNoDisk_andIsClearedByTheNext() throws Exception {
    try (var directory = DiskDirectory.open(temp)) {
      directory.prepare("a");
      Files.writeString(directory.dataFile("a"), "left over");
      assertThat(directory.disks()).isEmpty();
      directory.prepare("a");
      assertThat(directory.dataFile("a")).doesNotExist();
    }
  }

  @Test
  void secondProcess_isRefused() {
    try (var directory = DiskDirectory.open(temp)) {
      assertThat(directory.disks()).isEmpty();
      assertThatThrownBy(() -> DiskDirectory.open(temp))
          .hasMessageContaining("in use by another dnvme")
          .asInstanceOf(type(CommandException.class))
          .returns(ExitCode.USAGE, CommandException::exitCode);
    }
  }

  @Test
  void file_isNoDirectory() throws Exception {
    Path file = Files.writeString(temp.resolve("file"), "");
    assertThatThrownBy(() -> DiskDirectory.open(file)).hasMessageContaining("is a file");
  }

  @Test
  void damagedHeader_isRefusedAndNotTouched() throws Exception {
    try (var directory = DiskDirectory.open(temp)) {
      directory.prepare("a");
      directory.add(header("a"));
      Path file = temp.resolve("a/header");
      Files.writeString(file, Files.readString(file).replace("1048576", "2048576"));
      String damaged = Files.readString(file);
      assertThatThrownBy(directory::disks)
          .hasMessageContaining(file.toString())
          .hasMessageContaining("damaged");
      assertThat(file).hasContent(damaged);
    }
  }

  @Test
  void copyOfADisk_isNotTakenForTheOriginal() throws Exception {
    try (var directory = DiskDirectory.open(temp)) {
      directory.prepare("a");
      directory.add(header("a"));
      Files.createDirectory(temp.resolve("b"));
      Files.copy(temp.resolve("a/header"), temp.resolve("b/header"));
      assertThatThrownBy(() -> directory.disk("b"))
          .hasMessageContaining(temp.resolve("b/header").toString())
          .hasMessageContaining("the header of disk a");
      assertThatThrownBy(directory::disks).hasMessageContaining("the header of disk a");
      assertThat(directory.disk("a").name()).isEqualTo("a");
    }
  }

  @Test
  void headerThatCannotBeLookedFor_isNotTakenForAbsent() throws Exception {
    try (var directory = DiskDirectory.open(temp)) {
      // A link to itself: the system call fails with ELOOP, which says nothing of the header.
      Files.createSymbolicLink(temp.resolve("a"), Path.of("a"));
      assertThatThrownBy(() -> directory.contains("a")).hasMessageContaining("cannot be told");
      assertThatThrownBy(() -> directory.prepare("a")).hasMessageContaining("cannot be told");
    }
  }

  @Test
  void diskThatIsThere_isNotMadeAnew() throws Exception {
    try (var directory = DiskDirectory.open(temp)) {
      directory.prepare("a");
      Files.writeString(directory.dataFile("a"), "content");
      directory.add(header("a"));
      assertThatThrownBy(() -> directory.prepare("a")).hasMessageContaining("is there");
      assertThat(directory.dataFile("a")).hasContent("content");
    }
  }
}
