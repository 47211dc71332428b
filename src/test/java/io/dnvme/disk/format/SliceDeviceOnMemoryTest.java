package io.dnvme.disk.format;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.disk.MemoryDevice;

class SliceDeviceOnMemoryTest extends SliceDeviceContract {

  @Override
  BlockDevice openDisk(long sizeBytes) throws Exception {
    return new MemoryDevice(new BlockGeometry(4096, sizeBytes / 4096));
  }
}
