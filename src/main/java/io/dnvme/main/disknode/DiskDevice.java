package io.dnvme.main.disknode;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.disk.DeviceOpenException;
import io.dnvme.disk.FileDevice;
import io.dnvme.disk.FileDeviceOptions;
import io.dnvme.disk.MemoryDevice;
import io.dnvme.disk.format.FailureMark;
import io.dnvme.main.CommandException;
import io.dnvme.main.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a disk node's disk lies on, open and locked. A file that was made for it is taken away again
 * where it cannot be used, so that a wrong setting leaves nothing behind. From one thread at a
 * time.
 */
final class DiskDevice implements AutoCloseable {

  private final BlockDevice device;
  private final Path made;
  private boolean kept;

  private DiskDevice(BlockDevice device, Path made) {
    this.device = device;
    this.made = made;
  }

  /**
   * Opens the disk's device, or makes it.
   *
   * @throws CommandException where that cannot be
   */
  static DiskDevice openOrMake(PhysicalDisk disk) {
    try {
      return switch (disk) {
        case PhysicalDisk.Memory(long sizeBytes, int blockSizeBytes) ->
            new DiskDevice(
                new MemoryDevice(new BlockGeometry(blockSizeBytes, sizeBytes / blockSizeBytes)),
                null);
        case PhysicalDisk.Stored stored ->
            Files.exists(stored.path()) ? open(stored) : make(stored);
      };
    } catch (DeviceOpenException e) {
      throw new CommandException(ExitCode.USAGE, e.getMessage(), e);
    }
  }

  /**
   * Opens what is there.
   *
   * @throws CommandException where it cannot be opened, or is of another size
   */
  static DiskDevice open(PhysicalDisk.Stored stored) {
    FileDevice device;
    try {
      device = FileDevice.open(stored.path(), options(stored));
    } catch (DeviceOpenException e) {
      throw new CommandException(ExitCode.USAGE, e.getMessage(), e);
    }
    long has = device.geometry().sizeBytes();
    if (stored.sizeBytes() != PhysicalDisk.ITS_OWN && stored.sizeBytes() != has) {
      device.close();
      throw new CommandException(
          ExitCode.USAGE,
          "cannot use %s: it has %d bytes, not the %d of disk.size; leave disk.size out to use it"
              .formatted(stored.path(), has, stored.sizeBytes()));
    }
    return new DiskDevice(device, null);
  }

  private static DiskDevice make(PhysicalDisk.Stored stored) throws DeviceOpenException {
    if (stored.sizeBytes() == PhysicalDisk.ITS_OWN) {
      throw new CommandException(
          ExitCode.USAGE,
          "there is no " + stored.path() + "; say its disk.size if it is to be made");
    }
    return new DiskDevice(
        FileDevice.create(stored.path(), stored.sizeBytes(), options(stored)), stored.path());
  }

  private static FileDeviceOptions options(PhysicalDisk.Stored stored) {
    return FileDeviceOptions.defaults()
        .withBlockSizeBytes(stored.blockSizeBytes())
        .withDirect(stored.direct())
        .withWhenLost(FailureMark::write);
  }

  BlockDevice device() {
    return device;
  }

  /** It is a disk now: what was made stays. */
  void keep() {
    kept = true;
  }

  /** Closes the device, and gives its lock back. */
  @Override
  public void close() throws IOException {
    device.close();
    if (made != null && !kept) {
      Files.deleteIfExists(made);
    }
  }
}
