package io.dnvme.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFileTest {

  private static final long MAGIC = DurableFile.magic("DNVMETST");

  @TempDir private Path directory;
  private Path path;
  private DurableFile file;

  @BeforeEach
  void create() {
    path = directory.resolve("file");
    file = new DurableFile(path, MAGIC, 1);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private String content() throws IOException {
    return StandardCharsets.US_ASCII.decode(file.read().orElseThrow()).toString();
  }

  @Test
  void noFile_isEmpty() throws IOException {
    assertThat(file.read()).isEmpty();
  }

  @Test
  void content_isReplacedAsAWhole() throws IOException {
    file.write(bytes("a longer first content"));
    assertThat(content()).isEqualTo("a longer first content");
    file.write(bytes("second"));
    assertThat(content()).isEqualTo("second");
    file.write(bytes(""));
    assertThat(content()).isEmpty();
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(path);
    }
  }

  @Test
  void format_staysAsItWas() throws IOException {
    file.write(bytes("abc"));
    // The checksum comes from another implementation.
    assertThat(HexFormat.of().formatHex(Files.readAllBytes(path)))
        .isEqualTo("444e564d45545354" + "01000000" + "03000000" + "616263" + "cc160ada");
  }

  @Test
  void fileOfAnotherKindOrVersion_isRefusedClearly() throws IOException {
    file.write(bytes("abc"));
    assertThatThrownBy(new DurableFile(path, DurableFile.magic("DNVMEOTH"), 1)::read)
        .isInstanceOf(DamagedFileException.class)
        .hasMessageContaining(path.toString())
        .hasMessageContaining("begins with something else");
    assertThatThrownBy(new DurableFile(path, MAGIC, 2)::read)
        .isInstanceOf(DamagedFileException.class)
        .hasMessageContaining("version 1")
        .hasMessageContaining("knows 2");
  }

  @Test
  void bytesBehindTheEnd_areFoundOut() throws IOException {
    file.write(bytes("abc"));
    byte[] good = Files.readAllBytes(path);
    Files.write(path, Arrays.copyOf(good, good.length + 1));
    assertThatThrownBy(file::read).isInstanceOf(DamagedFileException.class);
  }

  @Test
  void contentAtItsLimit_fits() throws IOException {
    file.write(ByteBuffer.allocate(DurableFile.MAX_CONTENT_BYTES));
    assertThat(file.read().orElseThrow().remaining()).isEqualTo(DurableFile.MAX_CONTENT_BYTES);
    assertThatThrownBy(() -> file.write(ByteBuffer.allocate(DurableFile.MAX_CONTENT_BYTES + 1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void hugeFile_isNotRead() throws IOException {
    try (var huge = new RandomAccessFile(path.toFile(), "rw")) {
      huge.setLength(1L << 40);
    }
    assertThatThrownBy(file::read).isInstanceOf(DamagedFileException.class);
  }

  @Test
  void failedWrite_leavesTheOldContent() throws IOException {
    file.write(bytes("old"));
    Path blocked = Files.createDirectory(directory.resolve("file.new"));
    assertThatThrownBy(() -> file.write(bytes("new"))).isInstanceOf(IOException.class);
    assertThat(content()).isEqualTo("old");
    Files.delete(blocked);
    file.write(bytes("new"));
    assertThat(content()).isEqualTo("new");
  }

  @Test
  void magic_isEightCharacters() {
    assertThat(DurableFile.magic("DNVMETST")).isEqualTo(0x545354454d564e44L);
    for (String bad : new String[] {"", "SEVENCH", "NINECHARS", "WITH SPA", "EIGHTéXX"}) {
      assertThatThrownBy(() -> DurableFile.magic(bad)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
