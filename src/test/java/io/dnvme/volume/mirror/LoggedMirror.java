package io.dnvme.volume.mirror;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.MemoryDevice;
import io.dnvme.volume.intent.ChecksumDevice;
import io.dnvme.volume.intent.ChecksumMemory;
import io.dnvme.volume.intent.IntentSettings;
import io.dnvme.volume.intent.MemberFormat;
import io.dnvme.volume.intent.MemberIdentity;
import io.dnvme.volume.intent.MemberLayout;
import io.dnvme.volume.intent.WriteIntentLog;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** A group of memory disks that keeps its write intents on them. */
final class LoggedMirror {

  private static final int BLOCK = 4096;
  private static final int CACHED_PAGES = 64;

  private LoggedMirror() {}

  /** Opened, equal, and with the intent bits of all its regions set. */
  static MirrorDevice open(ManualReactor home, int count, long sizeBytes) throws Exception {
    return open(home, count, sizeBytes, false);
  }

  /**
   * @param checksums whether the members keep a checksum of each block
   */
  static MirrorDevice open(ManualReactor home, int count, long sizeBytes, boolean checksums)
      throws Exception {
    var layout =
        new MemberLayout(BLOCK, sizeBytes / BLOCK, MemberLayout.DEFAULT_REGION_SHIFT, checksums);
    List<MemberSpec> members = new ArrayList<>();
    List<MemberIdentity> identities = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      var disk = new MemoryDevice(new BlockGeometry(BLOCK, layout.deviceBlocks()));
      var identity = new MemberIdentity(new UUID(1, 0), 0, new UUID(1, i));
      boolean[] formatted = new boolean[1];
      MemberFormat.start(
          home,
          disk,
          layout,
          identity,
          outcome -> formatted[0] = outcome instanceof MemberFormat.Outcome.Formatted);
      home.settle();
      require(formatted[0], "formatted");
      identities.add(identity);
      members.add(
          new MemberSpec(
              new UUID(2, i),
              checksums
                  ? new ChecksumDevice(
                      disk, layout, home, CACHED_PAGES, ChecksumMemory.OF_PROCESS, any -> {})
                  : disk,
              layout.dataStartBlock(),
              MemberState.IN_SYNC,
              i));
    }
    var log = new WriteIntentLog(layout, identities, IntentSettings.DEFAULT);
    var mirror =
        new MirrorDevice(
            new MirrorSetup(
                home,
                new BlockGeometry(BLOCK, layout.dataBlocks()),
                members,
                log,
                new PlainMembership((1 << count) - 1, 0),
                () -> true,
                MirrorListener.NONE,
                MirrorOptions.DEFAULTS));
    boolean[] opened = new boolean[1];
    log.open(yes -> opened[0] = yes);
    home.settle();
    require(opened[0], "opened");
    log.makeEqual();
    boolean[] written = new boolean[1];
    var zeroes = new BlockIo(home).prepare(BlockOp.WRITE_ZEROES, 0, layout.dataBlocks());
    mirror.submit(zeroes.onCompletion(done -> written[0] = done.status().isSuccess(), null));
    home.settle();
    require(written[0], "written");
    return mirror;
  }

  private static void require(boolean so, String what) {
    if (!so) {
      throw new IllegalStateException("the group was not " + what);
    }
  }
}
