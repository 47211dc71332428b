package io.dnvme.volume.intent;

import io.dnvme.block.BlockStatus;
import java.util.function.IntConsumer;

/**
 * Computes the checksums at rest of what was dirty at a takeover anew, on the members that have
 * them: a crash may have kept them from the medium. Before that they tell whom to follow: rot of
 * one member must not go over what another one has whole (NO-SILENT-LOSS). On the group's home
 * reactor.
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
  public void judge(int region, Runnable then) {
    pass(region, false, then);
  }

  @Override
  public int vouching(long block, int candidates) {
    int vouching = 0;
    for (int rest = candidates; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      if (group.device(member) instanceof ChecksumDevice device && !device.isDistrusted(block)) {
        vouching |= 1 << member;
      }
    }
    return vouching;
  }

  @Override
  public void settle(int region, Runnable then) {
    pass(region, true, then);
  }

  /** On all members side by side: a takeover waits for it. */
  private void pass(int region, boolean recomputes, Runnable then) {
    int members = group.inSync() & ~group.failed();
    var pending = new Countdown(Integer.bitCount(members) + 1, then);
    for (int rest = members; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      if (!(group.device(member) instanceof ChecksumDevice device)) {
        pending.one();
      } else if (recomputes) {
        device.recompute(region, group.maxCopyBlocks(), pending::one);
      } else {
        device.judge(
            region,
            group.maxCopyBlocks(),
            status -> {
              judged(member, device, status);
              pending.one();
            });
      }
    }
    pending.one();
  }

  /** Does something when all of several are over. */
  private static final class Countdown {
    private final Runnable then;
    private int left;

    Countdown(int left, Runnable then) {
      this.left = left;
      this.then = then;
    }

    void one() {
      if (--left == 0) {
        then.run();
      }
    }
  }

  /** Who cannot be asked might be the one to follow: it fails, as when it cannot be copied from. */
  private void judged(int member, ChecksumDevice device, BlockStatus status) {
    boolean counts = (group.inSync() & 1 << member) != 0 && group.device(member) == device;
    if (!status.isSuccess() && counts && group.remainsWithout(1 << member)) {
      group.memberFailed(member, status);
    }
  }

  @Override
  public void resolved(int region) {
    whenResolved.accept(region);
  }
}
