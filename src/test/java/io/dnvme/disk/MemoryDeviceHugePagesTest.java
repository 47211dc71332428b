package io.dnvme.disk;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockDeviceContract;
import io.dnvme.block.BlockGeometry;

class MemoryDeviceHugePagesTest extends BlockDeviceContract {

  @Override
  protected BlockDevice open() throws DeviceOpenException {
    return new MemoryDevice(new BlockGeometry(4096, SIZE_BYTES / 4096), true);
  }
}
