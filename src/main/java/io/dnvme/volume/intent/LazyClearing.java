package io.dnvme.volume.intent;

import io.dnvme.block.Timers;
import java.util.Set;

/**
 * Clears the intent bits of regions that are not written any more (INTENT: only after a later flush
 * on every in-sync and rebuilding member).
 *
 * <pre>
 *   tick:   generation g of this tick begins; regions whose last write was over before the tick
 *           before are idle ──► flush of the write set ──► their bits are cleared
 * </pre>
 *
 * <p>A region that is written again and again keeps its bit, so its writes cost no header. Where
 * too many regions are dirty, also those are cleared whose last write was over when the flush
 * began.
 *
 * <p>Where none is idle, and no host flushes, there is a flush all the same every {@link
 * #MAX_TICKS_UNFLUSHED}: what changed of the checksums at rest is in memory until then, and does
 * not vouch for data after its owner's death (NO-SILENT-LOSS). On the group's home reactor.
 */
final class LazyClearing {

  /** Where too many regions are dirty, ticks come so much faster. */
  private static final int HURRY = 16;

  /**
   * While regions are dirty their headers get a new generation so often; two of them tell an older
   * image from the member itself ({@link HeaderAges}).
   */
  static final int TICKS_OF_A_GENERATION = 6;

  /** A minute with the usual interval. */
  static final int MAX_TICKS_UNFLUSHED = 12;

  private final WriteIntentLog log;
  private final MirrorGroup group;
  private final IntentSettings settings;
  private final Set<PlantedBug> bugs;
  private final WriteSetFlush flush;
  private Timers.Timer alarm;
  private boolean stopped;
  private int tickGeneration;
  private int flushedGeneration;
  private int ticksUnflushed;
  private int ticksOfGeneration;

  LazyClearing(
      WriteIntentLog log, MirrorGroup group, IntentSettings settings, Set<PlantedBug> bugs) {
    this.log = log;
    this.group = group;
    this.settings = settings;
    this.bugs = bugs;
    flush = new WriteSetFlush(group, settings.flushTimeoutNanos());
  }

  /** Regions are dirty: the next tick is due some time. */
  void wake() {
    if (alarm == null && !flush.isRunning() && !stopped) {
      alarm = group.reactor().timers().schedule(settings.clearIntervalNanos(), this::tick);
    }
  }

  void stop() {
    stopped = true;
    flush.stop();
    if (alarm != null) {
      alarm.cancel();
    }
  }

  /** A flush of the write set, which began at that generation, succeeded. */
  void flushed(int start) {
    ticksUnflushed = 0;
    if (start - flushedGeneration > 0) {
      flushedGeneration = start;
    }
  }

  private void tick() {
    alarm = null;
    int idleBefore = tickGeneration;
    tickGeneration = (int) log.flushStarts();
    if (++ticksOfGeneration >= TICKS_OF_A_GENERATION) {
      ticksOfGeneration = 0;
      log.growOlder();
    }
    int dirty = log.dirtyRegions();
    boolean tooMany = dirty > settings.maxDirtyRegions();
    int before = tooMany ? tickGeneration : idleBefore;
    if (bugs.contains(PlantedBug.CLEAR_INTENT_BEFORE_FLUSH)) {
      flushed(tickGeneration);
      sweep(before);
    } else if (++ticksUnflushed >= MAX_TICKS_UNFLUSHED || anyIdle(before)) {
      int start = tickGeneration;
      flush.start(
          group.inSync() | group.rebuilding(),
          yes -> {
            if (stopped) {
              return;
            }
            if (yes) {
              flushed(start);
              sweep(before);
            }
            next(log.dirtyRegions(), tooMany);
          });
      return;
    }
    next(dirty, tooMany);
  }

  private void next(int dirty, boolean hurry) {
    if (dirty > 0 && alarm == null && !stopped) {
      long interval = settings.clearIntervalNanos();
      alarm = group.reactor().timers().schedule(hurry ? interval / HURRY : interval, this::tick);
    }
  }

  private boolean anyIdle(int before) {
    RegionBitmap dirty = log.dirty();
    for (int region = dirty.next(0); region >= 0; region = dirty.next(region + 1)) {
      if (log.isIdle(region, before)) {
        return true;
      }
    }
    return false;
  }

  private void sweep(int before) {
    int covered = before - flushedGeneration < 0 ? before : flushedGeneration;
    boolean any = false;
    RegionBitmap dirty = log.dirty();
    for (int region = dirty.next(0); region >= 0; region = dirty.next(region + 1)) {
      if (log.isIdle(region, covered)) {
        log.clean(region);
        any = true;
      }
    }
    if (any) {
      log.cleaned();
    }
  }
}
