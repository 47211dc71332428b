package io.dnvme.disk.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.MemoryDevice;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FailureMarkTest {

  private static final int BLOCK = 512;

  @TempDir private Path directory;
  private final ManualReactor reactor = new ManualReactor();
  private MemoryDevice device;
  private OpenDisk disk;

  @BeforeEach
  void make() throws Exception {
    device = new MemoryDevice(new BlockGeometry(BLOCK, (16L << 20) / BLOCK));
    disk = new OpenDisk(reactor, device);
  }

  @AfterEach
  void close() {
    device.close();
    reactor.close();
  }

  @Test
  void diskWhoseFlushFailed_hasAnotherPowerIncarnationFromThenOn() throws Exception {
    disk.format();
    assertThat(disk.open().powerIncarnation()).isEqualTo(OpenDisk.BOOT);
    mark();
    UUID first = disk.open().powerIncarnation();
    assertThat(first).isNotEqualTo(OpenDisk.BOOT);
    assertThat(disk.open().powerIncarnation()).as("until it fails again").isEqualTo(first);
    mark();
    assertThat(disk.open().powerIncarnation()).isNotIn(OpenDisk.BOOT, first);
  }

  /** As a process leaves it whose flush failed. */
  private void mark() throws Exception {
    MemorySegment image = DeviceAccess.allocate(1 << 20);
    assertThat(disk.<BlockStatus>await(done -> access().read(0, image, 0, 1 << 20, done)))
        .isEqualTo(BlockStatus.SUCCESS);
    Path file = directory.resolve("disk");
    Files.write(file, bytes(image));
    FailureMark.write(file);
    MemorySegment marked = DeviceAccess.allocate(1 << 20);
    marked.copyFrom(MemorySegment.ofArray(Files.readAllBytes(file)));
    assertThat(disk.<BlockStatus>await(done -> access().write(0, marked, 0, 1 << 20, done)))
        .isEqualTo(BlockStatus.SUCCESS);
  }

  private DeviceAccess access() {
    return new DeviceAccess(reactor, device);
  }

  private static byte[] bytes(MemorySegment segment) {
    var bytes = new byte[(int) segment.byteSize()];
    MemorySegment.ofArray(bytes).copyFrom(segment);
    return bytes;
  }

  @Test
  void placeThatCannotBeRead_isNotTrusted() {
    assertThat(FailureMark.incarnation(OpenDisk.BOOT, null)).isNotEqualTo(OpenDisk.BOOT);
  }

  @Test
  void fileOfSomebodyElse_isNotTouched() throws Exception {
    Path file = directory.resolve("other");
    var content = new byte[1 << 20];
    Arrays.fill(content, (byte) 5);
    Files.write(file, content);
    FailureMark.write(file);
    assertThat(Files.readAllBytes(file)).isEqualTo(content);
  }

  @Test
  void fileThatIsGone_isSaid() {
    assertThatThrownBy(() -> FailureMark.write(directory.resolve("none")))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("cannot be marked");
  }
}
