package io.dnvme.volume.mirror;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockDeviceContract;
import io.dnvme.volume.ConcatDevice;
import java.util.List;

/** A leg of two groups, whose home is one of two reactors. */
class ConcatOfMirrorsTest extends BlockDeviceContract {

  private static final long GROUP_BYTES = SIZE_BYTES / 2;

  @Override
  protected BlockDevice open() throws Exception {
    return new ConcatDevice(
        List.of(
            MirrorContract.group(one, 2, GROUP_BYTES), MirrorContract.group(one, 2, GROUP_BYTES)),
        one);
  }

  @Override
  protected long compareAndWriteBorderBlocks() {
    return GROUP_BYTES / device.geometry().blockSizeBytes();
  }
}
