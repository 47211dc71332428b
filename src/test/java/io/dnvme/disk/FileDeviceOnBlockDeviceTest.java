package io.dnvme.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockDeviceContract;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract for a raw block device: a loop device with sectors of 4 KiB. Needs root. */
class FileDeviceOnBlockDeviceTest extends BlockDeviceContract {

  @TempDir Path directory;
  private Path loop;

  @Override
  protected BlockDevice open() throws Exception {
    Path backing = directory.resolve("backing");
    try (var file = new RandomAccessFile(backing.toFile(), "rw")) {
      file.setLength(SIZE_BYTES);
    }
    loop = MachineNeeds.loopDevice(backing, "--sector-size", "4096");
    return FileDevice.open(loop, FileDeviceOptions.defaults().withDirect(true));
  }

  @Override
  protected void closed() throws Exception {
    if (loop != null) {
      Commands.run("losetup", "--detach", loop.toString());
    }
  }

  @Test
  void deallocated_backingFileShrinks() throws Exception {
    byte[] content = new byte[1 << 20];
    content[0] = 1;
    for (int i = 0; i < 8; i++) {
      access.write(i * 256L, content);
    }
    access.flush();
    assertThat(allocatedBytes()).isEqualTo(SIZE_BYTES);
    assertThat(device.traits().deallocates()).isTrue();
    access.deallocate(0, device.geometry().blockCount());
    access.flush();
    assertThat(allocatedBytes()).isLessThan(SIZE_BYTES / 8);
  }

  @Test
  void blocksSmallerThanItsSectors_areRefused() {
    device.close();
    assertThatThrownBy(
            () -> FileDevice.open(loop, FileDeviceOptions.defaults().withBlockSizeBytes(512)))
        .isInstanceOf(DeviceOpenException.class)
        .hasMessageContaining("sectors are larger (4096 bytes) than the disk's blocks (512 bytes)");
  }

  @Test
  void openedTwice_isRefused() {
    assertThatThrownBy(() -> FileDevice.open(loop, FileDeviceOptions.defaults()))
        .hasMessageContaining("mounted, part of a set, or open");
  }

  private long allocatedBytes() {
    return AllocatedSpace.bytes(directory.resolve("backing"));
  }
}
