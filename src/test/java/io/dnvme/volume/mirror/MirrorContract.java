package io.dnvme.volume.mirror;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockDeviceContract;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.Reactor;
import io.dnvme.disk.MemoryDevice;
import io.dnvme.volume.intent.PlainIntentLog;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The contract of every device, for groups of memory disks at home on one of two reactors. */
abstract class MirrorContract extends BlockDeviceContract {

  private static final int BLOCK = 4096;
  private static final long HEADER_BLOCKS = 16;

  protected abstract int members();

  @Override
  protected BlockDevice open() throws Exception {
    return group(one, members(), SIZE_BYTES);
  }

  static MirrorDevice group(Reactor home, int count, long sizeBytes) throws Exception {
    int blocks = (int) (sizeBytes / BLOCK);
    List<MemberSpec> members = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      var disk = new MemoryDevice(new BlockGeometry(BLOCK, blocks + HEADER_BLOCKS));
      members.add(new MemberSpec(new UUID(1, i), disk, HEADER_BLOCKS, MemberState.IN_SYNC, i));
    }
    return new MirrorDevice(
        new MirrorSetup(
            home,
            new BlockGeometry(BLOCK, blocks),
            members,
            new PlainIntentLog(blocks, count),
            new PlainMembership((1 << count) - 1, 0),
            () -> true,
            MirrorListener.NONE,
            MirrorOptions.DEFAULTS));
  }
}
