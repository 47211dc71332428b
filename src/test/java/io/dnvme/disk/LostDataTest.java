package io.dnvme.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.BlockStatus;
import io.dnvme.block.SyncAccess;
import io.dnvme.block.TestReactor;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the kernel tells of data that it took and then could not write: a loop device over a file on
 * a file system that is too small for it. What {@link FaultyFile} plays. Needs root.
 */
class LostDataTest {

  private static final int TAKEN_BYTES = 4 << 20;
  private static final int BLOCK = 4096;

  @TempDir Path directory;
  private boolean mounted;
  private Path loop;

  @BeforeEach
  void makeDevice() throws Exception {
    String result =
        Commands.run("mount", "-t", "tmpfs", "-o", "size=1m", "dnvme-test", directory.toString());
    MachineNeeds.need(result.isEmpty(), "no file system can be mounted here: " + result);
    mounted = true;
    Path backing = directory.resolve("backing");
    try (var file = new RandomAccessFile(backing.toFile(), "rw")) {
      file.setLength(16 << 20);
    }
    loop = MachineNeeds.loopDevice(backing);
  }

  @AfterEach
  void removeDevice() throws Exception {
    if (loop != null) {
      Commands.run("losetup", "--detach", loop.toString());
    }
    if (mounted) {
      Commands.run("umount", directory.toString());
    }
  }

  @Test
  void everyOpenFileDescription_isToldOnce() throws Exception {
    var options = FileDeviceOptions.defaults().withIoThreads(2);
    try (var opened = OpenedFile.open(loop, options);
        var arena = Arena.ofConfined()) {
      NativeFile first = opened.threadFiles().get(0);
      NativeFile second = opened.threadFiles().get(1);
      var iovecs = new Iovecs(arena);
      long data = iovecs.single(arena.allocate(TAKEN_BYTES, BLOCK), TAKEN_BYTES);
      assertThat(first.pwritev(data, 1, 0, false)).isEqualTo(TAKEN_BYTES);
      assertThat(second.fdatasync()).isEqualTo(-Errno.EIO);
      assertThat(second.fdatasync()).as("told before").isZero();
      assertThat(first.fdatasync()).isEqualTo(-Errno.EIO);
      assertThat(opened.file().fdatasync()).isEqualTo(-Errno.EIO);
      assertThat(opened.file().fdatasync()).isZero();
    }
  }

  @Test
  void acknowledgedData_isLost_theFlushSaysSo() throws Exception {
    try (var reactor = new TestReactor(0)) {
      var device = FileDevice.open(loop, FileDeviceOptions.defaults());
      var access = new SyncAccess(device, reactor);
      for (int at = 0; at < TAKEN_BYTES; at += 1 << 20) {
        assertThat(access.write(at / BLOCK, new byte[1 << 20])).isEqualTo(BlockStatus.SUCCESS);
      }
      assertThat(access.flush()).isEqualTo(BlockStatus.WRITE_FAULT);
      assertThat(access.flush()).isEqualTo(BlockStatus.FAILED);
      assertThatThrownBy(device::close).hasMessageContaining("input/output error");
    }
  }
}
