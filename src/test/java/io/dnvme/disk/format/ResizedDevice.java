package io.dnvme.disk.format;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.DeviceTraits;

/** A device that says it has another size. */
record ResizedDevice(BlockDevice inner, BlockGeometry geometry) implements BlockDevice {

  @Override
  public DeviceTraits traits() {
    return inner.traits();
  }

  @Override
  public void submit(BlockIo io) {
    inner.submit(io);
  }

  @Override
  public void close() {}
}
