package io.dnvme.target;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.DeviceTraits;

/** A device that says of itself that it has a volatile write cache. */
public record CachingDevice(BlockDevice below) implements BlockDevice {

  @Override
  public BlockGeometry geometry() {
    return below.geometry();
  }

  @Override
  public DeviceTraits traits() {
    DeviceTraits traits = below.traits();
    return new DeviceTraits(
        traits.lendsReads(),
        traits.consumesWritesOnSubmit(),
        true,
        traits.deallocates(),
        traits.maxTransferBytes());
  }

  @Override
  public void submit(BlockIo io) {
    below.submit(io);
  }

  @Override
  public void close() {
    below.close();
  }
}
