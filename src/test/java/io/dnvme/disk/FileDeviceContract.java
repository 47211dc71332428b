package io.dnvme.disk;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockDeviceContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The contract for a regular file that is used with the options of a subclass. */
abstract class FileDeviceContract extends BlockDeviceContract {

  private final FileDeviceOptions options;
  @TempDir Path directory;

  FileDeviceContract(FileDeviceOptions options) {
    this.options = options;
  }

  @Override
  protected BlockDevice open() throws DeviceOpenException {
    try {
      return FileDevice.create(directory.resolve("disk"), SIZE_BYTES, options);
    } catch (DeviceOpenException e) {
      MachineNeeds.need(
          !options.direct() || !e.getMessage().contains("direct off"),
          "the temporary directory's file system has no such direct I/O: " + e.getMessage());
      throw e;
    }
  }
}
