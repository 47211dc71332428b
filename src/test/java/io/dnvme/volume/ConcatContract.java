package io.dnvme.volume;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockDeviceContract;
import io.dnvme.block.BlockGeometry;
import io.dnvme.disk.MemoryDevice;
import java.util.ArrayList;
import java.util.List;

/** The contract of every device, for equal devices one behind the other. */
abstract class ConcatContract extends BlockDeviceContract {

  static final int BLOCK = 4096;

  private final List<BlockDevice> devices = new ArrayList<>();

  protected abstract int devices();

  /** One of them. */
  protected BlockDevice part(long sizeBytes) throws Exception {
    return new MemoryDevice(new BlockGeometry(BLOCK, sizeBytes / BLOCK));
  }

  @Override
  protected BlockDevice open() throws Exception {
    for (int i = 0; i < devices(); i++) {
      devices.add(part(SIZE_BYTES / devices()));
    }
    return new ConcatDevice(devices);
  }

  @Override
  protected long compareAndWriteBorderBlocks() {
    return devices() == 1 ? Long.MAX_VALUE : SIZE_BYTES / devices() / BLOCK;
  }
}
