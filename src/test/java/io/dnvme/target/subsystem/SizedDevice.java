package io.dnvme.target.subsystem;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.DeviceTraits;

/** A device that has a size and no blocks, for tests that never read or write. */
record SizedDevice(BlockGeometry geometry) implements BlockDevice {

  @Override
  public DeviceTraits traits() {
    return new DeviceTraits(false, false, false, false, 1 << 20);
  }

  @Override
  public void submit(BlockIo io) {
    io.complete(BlockStatus.FAILED);
  }

  @Override
  public void close() {}
}
