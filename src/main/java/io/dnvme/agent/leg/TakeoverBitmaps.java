package io.dnvme.agent.leg;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.Reactor;
import io.dnvme.volume.intent.IntentSettings;
import io.dnvme.volume.intent.MemberIdentity;
import io.dnvme.volume.intent.MemberLayout;
import io.dnvme.volume.intent.WriteIntentLog;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Brings the bitmaps of members that a claim is about to remove on the media of those that stay
 * in-sync (INTENT), in a group of which nothing is served. Those that leave are not touched: one
 * whose medium fails must not hold up its own removal. One that stays and cannot be written is
 * named, so that the next attempt does without it. Lives on the controller's home reactor.
 */
final class TakeoverBitmaps {

  /** For a member's part of a step, where another one is faster; an attempt has time for two. */
  static final long TIMEOUT_NANOS = TimeUnit.MILLISECONDS.toNanos(600);

  private final WriteIntentLog intent;
  private final IntConsumer unwritable;
  private final int staying;
  private Consumer<Boolean> done;

  /**
   * @param devices of the members; null for those that are not connected
   * @param inSync by the record that is to be changed, as a mask
   * @param leaving of these
   * @param unwritable told of each connected member that should stay and cannot be written
   */
  TakeoverBitmaps(
      Reactor home,
      MemberLayout layout,
      List<MemberIdentity> identities,
      BlockDevice[] devices,
      int inSync,
      int leaving,
      LegOptions options,
      IntConsumer unwritable) {
    this.unwritable = unwritable;
    IntentSettings usual = options.intent();
    var settings =
        new IntentSettings(
            usual.clearIntervalNanos(),
            usual.maxDirtyRegions(),
            Math.min(usual.headerTimeoutNanos(), TIMEOUT_NANOS),
            usual.flushTimeoutNanos());
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
  }

  /**
   * @param whenWritten told once whether they are there
   */
  void write(int leaving, Consumer<Boolean> whenWritten) {
    done = whenWritten;
    intent.open(yes -> {
      int unread = staying & ~intent.opened();
      for (int rest = unread; rest != 0; rest &= rest - 1) {
        unwritable.accept(Integer.numberOfTrailingZeros(rest));
      }
      if (yes && unread == 0) {
        intent.prepareRemoval(leaving, this::answered);
      } else {
        answered(false);
      }
    });
  }

  private void failed(int member) {
    if (done != null) {
      unwritable.accept(member);
      answered(false);
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
