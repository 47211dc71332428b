package io.dnvme.volume;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockDeviceContract;
import io.dnvme.block.BlockGeometry;
import io.dnvme.disk.MemoryDevice;

/** The contract, under limits that are met all the time. */
class QosDeviceLimitedTest extends BlockDeviceContract {

  @Override
  protected BlockDevice open() throws Exception {
    var memory = new MemoryDevice(new BlockGeometry(4096, SIZE_BYTES / 4096));
    var operations = new RateLimit(20_000, 4);
    var bytes = new RateLimit(1L << 30, 1 << 20);
    return new QosDevice(memory, new QosLimits(operations, operations, bytes, bytes));
  }
}
