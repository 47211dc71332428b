package io.dnvme.disk.format;

import io.dnvme.block.BlockDevice;
import io.dnvme.disk.FileDevice;
import io.dnvme.disk.FileDeviceOptions;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SliceDeviceOnFileTest extends SliceDeviceContract {

  @TempDir private Path directory;

  @Override
  BlockDevice openDisk(long sizeBytes) throws Exception {
    return FileDevice.create(
        directory.resolve("disk"), sizeBytes, FileDeviceOptions.defaults().withBlockSizeBytes(512));
  }
}
