package io.dnvme.disk.format;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.DeviceTraits;

/** A device that says that deallocated blocks read as zeroes, whatever is behind it. */
record PromisingDevice(BlockDevice inner) implements BlockDevice {

  @Override
  public BlockGeometry geometry() {
    return inner.geometry();
  }

  @Override
  public DeviceTraits traits() {
    DeviceTraits below = inner.traits();
    return new DeviceTraits(
        below.lendsReads(),
        below.consumesWritesOnSubmit(),
        below.volatileCache(),
        true,
        below.maxTransferBytes());
  }

  @Override
  public void submit(BlockIo io) {
    inner.submit(io);
  }

  @Override
  public void close() {}
}
