package io.dnvme.volume.intent;

import io.dnvme.block.BlockStatus;
import io.dnvme.block.Timers.Timer;
import java.util.function.Consumer;

/**
 * Copies to a rebuilding member what its bitmap says it lacks, and has it promoted. A delta or all:
 * the bitmap knows. Online: each piece is copied under the range lock; writes go to the member
 * meanwhile. Resumable: what was copied and flushed is no longer in the bitmap on the in-sync
 * media.
 *
 * <pre>
 *   COPYING ── FLUSH_REGIONS or FLUSH_INTERVAL over, or none left ──► FLUSHING ── bits cleared ──► COPYING
 *      │ nothing left, nothing unflushed
 *      ▼
 *   PROMOTING ── in-sync ──► over          refused, or a write was missed ──► COPYING
 *
 *   COPYING ── only what no source can read is left ──► WAITING ── time ──► COPYING
 *                                                          └─ UNREADABLE_PASSES were tried ──► over
 * </pre>
 *
 * <p>Blocks that no in-sync member can read are not copied as data: their region's bit stays, the
 * rest goes on, and the member is not promoted before they can be read or were written anew
 * (NO-SILENT-LOSS). It never fails a source. Where nothing else is left it tries them again, with
 * longer and longer waits, and then ends and says so; the member goes on being written, and another
 * rebuild may be started when the blocks can be read. What the member could not flush is copied
 * again. Ends when the member leaves the write set; whoever started it stops it with the group.
 *
 * <p>On the group's home reactor.
 */
public final class Rebuild {

  /** Regions copied between two flushes of the member. */
  static final int FLUSH_REGIONS = 64;

  /** The member is flushed after so long at the latest, so that a slow rebuild can be resumed. */
  static final long FLUSH_INTERVAL_NANOS = 1_000_000_000;

  /** How often what no source could read is tried; each wait is twice the one before. */
  static final int UNREADABLE_PASSES = 8;

  private static final long RETRY_NANOS = 100_000_000;

  /** How it ended. */
  public enum Outcome {
    PROMOTED,
    /** All else is copied, but there are blocks that no in-sync member can read. */
    UNREADABLE,
    /** The member left the write set, or the group or the rebuild was stopped; may begin anew. */
    STOPPED
  }

  /**
   * How far it is.
   *
   * @param regionsCopied since this rebuild started; a region that missed a write counts again
   * @param regionsLeft still in the member's bitmap
   * @param bytesCopied since this rebuild started
   * @param bytesLeft of the regions that are left
   * @param bytesPerSecond of late
   * @param blocksUnreadable that no source could read when last tried
   */
  public record Progress(
      long regionsCopied,
      int regionsLeft,
      long bytesCopied,
      long bytesLeft,
      long bytesPerSecond,
      long blocksUnreadable) {

    /** At the rate of late; -1 where nobody can tell yet. */
    public long secondsLeft() {
      return bytesLeft == 0 ? 0 : bytesPerSecond == 0 ? -1 : bytesLeft / bytesPerSecond;
    }
  }

  private final MirrorGroup group;
  private final WriteIntentLog log;
  private final MemberLayout layout;
  private final int member;
  private final int number;
  private final int flushRegions;
  private final Consumer<Outcome> done;
  private final WriteSetFlush flush;
  private final RegionBitmap unflushed;
  private final RegionBitmap unreadable;
  private final RebuildRate rate;
  private RebuildThrottle throttle;
  private RebuildPace pace;
  private int unreadablePasses;
  private boolean over;
  private Timer timer;
  private int copiedSinceFlush;
  private int cursor;
  private long regionsCopied;
  private long bytesCopied;
  private long blocksUnreadable;
  private long flushedNanos;
  private long pieceBytes;

  // The region under way.
  private int region;
  private long nextBlock;
  private long endBlock;
  private int pieceLimit;
  private boolean regionWhole;

  /**
   * @param member rebuilding in the log
   */
  public Rebuild(
      MirrorGroup group, WriteIntentLog log, int member, RebuildRate rate, Consumer<Outcome> done) {
    this(group, log, member, rate, FLUSH_REGIONS, done);
  }

  /**
   * @param flushRegions copied between two flushes of the member
   */
  Rebuild(
      MirrorGroup group,
      WriteIntentLog log,
      int member,
      RebuildRate rate,
      int flushRegions,
      Consumer<Outcome> done) {
    this.flushRegions = flushRegions;
    this.group = group;
    this.log = log;
    this.member = member;
    this.rate = rate;
    this.done = done;
    layout = log.layout();
    number = log.members().rebuildNumber(member);
    flush = new WriteSetFlush(group, log.settings().flushTimeoutNanos());
    unflushed = new RegionBitmap(layout);
    unreadable = new RegionBitmap(layout);
  }

  public void start() {
    flushedNanos = group.reactor().clock().nanos();
    throttle = new RebuildThrottle(group, rate, flushedNanos);
    pace = new RebuildPace(flushedNanos);
    nextRegion();
  }

  /** Ends it; the member stays rebuilding. */
  public void stop() {
    finish(Outcome.STOPPED);
  }

  public Progress progress() {
    int left = log.missingRegions(member);
    // The last region may be shorter; its bytes are not worth a look.
    long bytesLeft = Math.min((long) left << layout.regionShift(), layout.dataBytes());
    long rateNow = pace == null ? 0 : pace.bytesPerSecond(group.reactor().clock().nanos());
    return new Progress(regionsCopied, left, bytesCopied, bytesLeft, rateNow, blocksUnreadable);
  }

  private boolean isOver() {
    if (!over && !log.members().isRebuilding(member, number)) {
      finish(Outcome.STOPPED);
    }
    return over;
  }

  private void finish(Outcome outcome) {
    if (!over) {
      over = true;
      if (timer != null) {
        timer.cancel();
      }
      flush.stop();
      done.accept(outcome);
    }
  }

  private void later(long nanos, Runnable task) {
    timer =
        group
            .reactor()
            .timers()
            .schedule(
                nanos,
                () -> {
                  timer = null;
                  if (!isOver()) {
                    task.run();
                  }
                });
  }

  private void nextRegion() {
    if (isOver()) {
      return;
    }
    long sinceFlushNanos = group.reactor().clock().nanos() - flushedNanos;
    if (copiedSinceFlush == flushRegions
        || copiedSinceFlush > 0 && sinceFlushNanos >= FLUSH_INTERVAL_NANOS) {
      flushMember();
      return;
    }
    region = nextToCopy();
    if (region >= 0) {
      startRegion();
    } else if (copiedSinceFlush > 0) {
      flushMember();
    } else if (log.members().isRebuilt(member)) {
      group.promote(member, this::promoted);
    } else if (unreadablePasses == UNREADABLE_PASSES) {
      finish(Outcome.UNREADABLE);
    } else {
      later(RETRY_NANOS << unreadablePasses, this::tryUnreadable);
    }
  }

  /** Hosts may have written it meanwhile, or another member may have come that can read it. */
  private void tryUnreadable() {
    unreadablePasses++;
    unreadable.clearAll();
    blocksUnreadable = 0;
    nextRegion();
  }

  /** The next region from the cursor on, around the end once. */
  private int nextToCopy() {
    int found = nextFrom(cursor);
    if (found < 0 && cursor > 0) {
      found = nextFrom(0);
    }
    return found;
  }

  private int nextFrom(int from) {
    int next = log.members().nextMissing(member, from);
    while (next >= 0 && (unflushed.get(next) || unreadable.get(next))) {
      next = log.members().nextMissing(member, next + 1);
    }
    return next;
  }

  private void startRegion() {
    if (!log.copyStarts(member, region)) {
      later(RETRY_NANOS / 10, this::nextRegion);
      return;
    }
    cursor = region + 1 < layout.regions() ? region + 1 : 0;
    nextBlock = layout.regionStartBlock(region);
    endBlock = nextBlock + layout.regionBlocks(region);
    pieceLimit = group.maxCopyBlocks();
    regionWhole = true;
    nextPiece();
  }

  private void nextPiece() {
    if (isOver()) {
      return;
    }
    if (nextBlock == endBlock) {
      regionCopied();
      return;
    }
    long now = group.reactor().clock().nanos();
    long wait = throttle.waitNanos(now);
    if (wait > 0) {
      later(wait, this::nextPiece);
      return;
    }
    int blocks = (int) Math.min(pieceLimit, endBlock - nextBlock);
    pieceBytes = (long) blocks * layout.blockSizeBytes();
    throttle.starts(pieceBytes, now);
    group.copy(nextBlock, blocks, -1, 1 << member, status -> copied(status, blocks));
  }

  private void copied(BlockStatus status, int blocks) {
    if (isOver()) {
      return;
    }
    switch (status) {
      case SUCCESS -> {
        bytesCopied += pieceBytes;
        pace.copied(pieceBytes, group.reactor().clock().nanos());
        nextBlock += blocks;
        pieceLimit = (int) Math.min(group.maxCopyBlocks(), pieceLimit * 2L);
        nextPiece();
      }
      case READ_FAULT -> {
        if (blocks > 1) {
          pieceLimit = blocks / 2;
        } else {
          regionWhole = false;
          blocksUnreadable++;
          nextBlock++;
        }
        nextPiece();
      }
      case PATH_LOST -> finish(Outcome.STOPPED);
      default -> later(RETRY_NANOS, this::nextPiece);
    }
  }

  private void regionCopied() {
    if (regionWhole) {
      regionsCopied++;
      unreadablePasses = 0;
      copiedSinceFlush++;
      unflushed.set(region);
    } else {
      unreadable.set(region);
    }
    nextRegion();
  }

  private void flushMember() {
    if (log.hasBug(PlantedBug.CLEAR_REBUILT_BEFORE_FLUSH)) {
      flushed(true);
    } else {
      flush.start(1 << member, this::flushed);
    }
  }

  private void flushed(boolean yes) {
    if (isOver()) {
      return;
    }
    if (!yes) {
      // Nobody knows what of it is on the medium. The bits still say that all of it is missing.
      unflushed.clearAll();
      copiedSinceFlush = 0;
      later(RETRY_NANOS, this::nextRegion);
      return;
    }
    for (int done = unflushed.next(0); done >= 0; done = unflushed.next(done + 1)) {
      log.members().copyFlushed(member, number, done);
    }
    unflushed.clearAll();
    copiedSinceFlush = 0;
    flushedNanos = group.reactor().clock().nanos();
    // On a turn of its own: devices that complete at once must not pile up calls.
    group.reactor().execute(this::nextRegion);
  }

  private void promoted(boolean yes) {
    if (yes) {
      finish(Outcome.PROMOTED);
    } else if (!isOver()) {
      later(RETRY_NANOS, this::nextRegion);
    }
  }
}
