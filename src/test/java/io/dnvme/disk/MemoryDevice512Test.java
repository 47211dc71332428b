package io.dnvme.disk;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockDeviceContract;
import io.dnvme.block.BlockGeometry;

class MemoryDevice512Test extends BlockDeviceContract {

  @Override
  protected BlockDevice open() throws DeviceOpenException {
    return new MemoryDevice(new BlockGeometry(512, SIZE_BYTES / 512));
  }
}
