package io.dnvme.agent.leg;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.Reactor;
import io.dnvme.ownership.OwnershipOptions;
import io.dnvme.volume.intent.IntentSettings;
import io.dnvme.volume.intent.MemberIdentity;
import io.dnvme.volume.intent.MemberLayout;
import io.dnvme.volume.intent.WriteIntentLog;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import java.util.function.ObjIntConsumer;

/**
 * Brings the bitmaps of members that a claim is about to remove on the media of those that stay
 * in-sync (INTENT), in a group of which nothing is served. Those that leave are not touched: one
 * whose medium fails must not hold up its own removal. One that should stay, is connected, and
 * cannot be read or written is named where another one can, so that the next attempt does without
 * it. One whose connection is gone says nothing about its medium, and the only one that is left is
 * waited for, while {@link #isUnderWay}. Lives on the controller's home reactor.
 */
final class TakeoverBitmaps {

  /**
   * For one write of a member, where others are faster: a healthy one may need seconds, and would
   * have to be copied to.
   */
  static final long TIMEOUT_NANOS = OwnershipOptions.SLOW_MEMBER_NANOS;

  private final Reactor home;
  private final WriteIntentLog intent;
  private final IntPredicate live;
  private final IntConsumer unwritable;
  private final ObjIntConsumer<String> older;
  private final int staying;
  private final SlowSteps steps;
  private Consumer<Boolean> done;

  /**
   * @param devices of the members; null for those that are not connected
   * @param inSync by the record that is to be changed, as a mask
   * @param leaving of these
   * @param live whether a member that was connected still is
   * @param unwritable told of each member that should stay and cannot be read or written
   * @param older told of each one that is an older image of itself, and of the words for that
   */
  TakeoverBitmaps(
      Reactor home,
      MemberLayout layout,
      List<MemberIdentity> identities,
      BlockDevice[] devices,
      int inSync,
      int leaving,
      LegOptions options,
      IntPredicate live,
      IntConsumer unwritable,
      ObjIntConsumer<String> older) {
    this.home = home;
    this.live = live;
    this.unwritable = unwritable;
    this.older = older;
    IntentSettings usual = options.intent();
    var settings =
        new IntentSettings(
            usual.clearIntervalNanos(),
            usual.maxDirtyRegions(),
            TIMEOUT_NANOS,
            usual.flushTimeoutNanos(),
            TIMEOUT_NANOS);
    BlockDevice[] stay = devices.clone();
    int connected = 0;
    for (int i = 0; i < stay.length; i++) {
      if ((inSync & ~leaving & 1 << i) == 0) {
        stay[i] = null;
      }
      connected |= stay[i] == null ? 0 : 1 << i;
    }
    staying = connected;
    intent = new WriteIntentLog(layout, identities, settings, options.bugs().intent());
    intent.serve(
        new TakeoverGroup(
            home,
            new BlockGeometry(layout.blockSizeBytes(), layout.dataBlocks()),
            stay,
            layout.dataStartBlock(),
            inSync,
            member -> home.execute(() -> failed(member))));
    steps = new SlowSteps(home.clock(), intent::headerRounds);
  }

  /**
   * @param floor generation that the header of each in-sync member has at least
   * @param whenWritten told once whether they are there
   */
  void write(int leaving, long floor, Consumer<Boolean> whenWritten) {
    intent.generationsFrom(floor);
    done = whenWritten;
    // On a turn of its own: who lost a connection knows it then.
    intent.open(yes -> home.execute(() -> opened(yes, leaving)));
  }

  /** Whether it is not answered, and one write follows the other. */
  boolean isUnderWay() {
    return done != null && steps.goOn();
  }

  private void opened(boolean yes, int leaving) {
    int old = staying & intent.older();
    for (int rest = done == null ? 0 : old; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      older.accept(intent.refusal(member), member);
    }
    if (old != 0) {
      answered(false);
      return;
    }
    int unread = staying & ~intent.opened();
    if (yes && unread == 0) {
      intent.prepareRemoval(leaving, this::answered);
    } else if (done != null) {
      for (int rest = unread; rest != 0; rest &= rest - 1) {
        name(Integer.numberOfTrailingZeros(rest), unread);
      }
      answered(false);
    }
  }

  private void failed(int member) {
    if (done != null) {
      name(member, 1 << member);
      answered(false);
    }
  }

  private void name(int member, int bad) {
    boolean anotherStays = false;
    for (int rest = staying & ~bad; rest != 0; rest &= rest - 1) {
      anotherStays |= live.test(Integer.numberOfTrailingZeros(rest));
    }
    if (anotherStays && live.test(member)) {
      unwritable.accept(member);
    }
  }

  private void answered(boolean yes) {
    Consumer<Boolean> told = done;
    done = null;
    if (told != null) {
      intent.stop();
      told.accept(yes);
    }
  }
}
