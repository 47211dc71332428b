package io.dnvme.volume.intent;

import java.util.function.IntConsumer;

/**
 * Computes the checksums at rest of what was dirty at a takeover anew, on the members that have
 * them: a crash may have kept them from the medium. On the group's home reactor.
 */
final class ChecksumSettling implements Resync.Settling {

  private final MirrorGroup group;
  private final LogMembers members;
  private final IntConsumer whenResolved;

  ChecksumSettling(MirrorGroup group, LogMembers members, IntConsumer whenResolved) {
    this.group = group;
    this.members = members;
    this.whenResolved = whenResolved;
  }

  /** Reads of these regions are not compared with their checksums until they were settled. */
  void distrust(RegionBitmap dirty) {
    for (int member = 0; member < members.count(); member++) {
      HeaderMedium medium = members.medium(member);
      if (medium != null && medium.device() instanceof ChecksumDevice device) {
        for (int region = dirty.next(0); region >= 0; region = dirty.next(region + 1)) {
          device.distrust(region);
        }
      }
    }
  }

  @Override
  public void settle(int region, Runnable then) {
    recompute(region, 0, then);
  }

  private void recompute(int region, int from, Runnable then) {
    int rest = group.inSync() & ~group.failed() & -1 << from;
    if (rest == 0) {
      then.run();
      return;
    }
    int member = Integer.numberOfTrailingZeros(rest);
    if (group.device(member) instanceof ChecksumDevice device) {
      device.recompute(region, group.maxCopyBlocks(), () -> recompute(region, member + 1, then));
    } else {
      recompute(region, member + 1, then);
    }
  }

  @Override
  public void resolved(int region) {
    whenResolved.accept(region);
  }
}
