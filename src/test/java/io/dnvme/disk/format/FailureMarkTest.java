package io.dnvme.disk.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.MemoryDevice;
import java.io.IOException;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FailureMarkTest {

  private static final int BLOCK = 512;
  private static final int BEGINNING_BYTES = (int) DiskLayout.TABLES_OFFSET_BYTES;

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

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void diskWithOneDamagedSuperblock_isMarkedToo(int copy) {
    disk.format();
    byte[] beginning = beginning();
    beginning[(int) DiskLayout.SUPERBLOCK_OFFSETS_BYTES[copy]] ^= 1;
    putBack(beginning);
    DyingFile file = new DyingFile(beginning());
    assertMarked(file);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void diskWithOneUnreadableSuperblock_isMarkedToo(int copy) {
    disk.format();
    DyingFile file = new DyingFile(beginning());
    file.unreadableOffset = DiskLayout.SUPERBLOCK_OFFSETS_BYTES[copy];
    assertMarked(file);
  }

  /** The next process may read past the cache. */
  @Test
  void markWhoseOwnFlushFails_isOnTheMediumBeforeItIsDone() {
    disk.format();
    DyingFile file = new DyingFile(beginning());
    file.failingFlushes = 1;
    assertMarked(file);
    file.failingFlushes = 2;
    assertThatThrownBy(() -> FailureMark.write(file)).isInstanceOf(IOException.class);
  }

  private void assertMarked(DyingFile file) {
    assertThatCode(() -> FailureMark.write(file)).doesNotThrowAnyException();
    assertThat(file.isAsCached()).as("on the medium").isTrue();
    putBack(file.medium);
    assertThat(disk.open().powerIncarnation()).isNotEqualTo(OpenDisk.BOOT);
  }

  /** Something else was written over one superblock: the disk was given away. */
  @Test
  void diskThatSomebodyElseBeganToUse_isNotTouched() throws Exception {
    disk.format();
    byte[] content = beginning();
    Arrays.fill(content, 0, Superblock.SIZE_BYTES, (byte) 5);
    var file = new DyingFile(content.clone());
    FailureMark.write(file);
    assertThat(file.medium).isEqualTo(content);
  }

  @Test
  void diskThatCannotBeSeenToBeOurs_isNotTouched_andThatIsSaid() {
    disk.format();
    byte[] content = beginning();
    content[0] ^= 1;
    var file = new DyingFile(content.clone());
    file.unreadableOffset = DiskLayout.SUPERBLOCK_OFFSETS_BYTES[1];
    assertThatThrownBy(() -> FailureMark.write(file)).hasMessageContaining("a sector is dead");
    assertThat(file.medium).isEqualTo(content);
  }

  /** As a process leaves it whose flush failed. */
  private void mark() throws Exception {
    Path file = directory.resolve("disk");
    Files.write(file, beginning());
    FailureMark.write(file);
    putBack(Files.readAllBytes(file));
  }

  /** Of the disk: all before its tables. */
  private byte[] beginning() {
    MemorySegment image = DeviceAccess.allocate(BEGINNING_BYTES);
    assertThat(disk.<BlockStatus>await(done -> access().read(0, image, 0, BEGINNING_BYTES, done)))
        .isEqualTo(BlockStatus.SUCCESS);
    return bytes(image);
  }

  private void putBack(byte[] beginning) {
    MemorySegment image = DeviceAccess.allocate(BEGINNING_BYTES);
    image.copyFrom(MemorySegment.ofArray(beginning));
    assertThat(disk.<BlockStatus>await(done -> access().write(0, image, 0, BEGINNING_BYTES, done)))
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
