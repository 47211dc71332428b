package io.dnvme.volume.intent;

import io.dnvme.block.BlockStatus;

/**
 * Makes the regions that were dirty at a takeover equal on all in-sync members, before they are
 * read (INTENT: a value once read stays). Regions that reads wait for come first, the others follow
 * in the background.
 *
 * <p>One in-sync member is the source. Whichever it is: what differs was not acknowledged, else all
 * in-sync members had it, or it rotted. So it is one, block for block, whose checksum vouches for
 * what it has, where there is one (NO-SILENT-LOSS). Where the source cannot be read another in-sync
 * one serves for these blocks; blocks that none can read are equal in that, and stay as they are
 * (NO-SILENT-LOSS). A member that failed is one to be equal with until its removal is known.
 *
 * <p>On the group's home reactor.
 */
final class Resync {

  /** Regions copied at once. */
  static final int PARALLEL = 4;

  /** What checksums tell of a region, and what is to be done once its members are equal. */
  interface Settling {
    /** Before any of it is copied; {@code then} once. */
    void judge(int region, Runnable then);

    /** Those of the candidates who surely have what was written to them, after the judgement. */
    int vouching(long block, int candidates);

    /** Before it is read; {@code then} once. */
    void settle(int region, Runnable then);

    /** It may be read. */
    void resolved(int region);
  }

  private static final long RETRY_NANOS = 10_000_000;

  private final MemberLayout layout;
  private final MirrorGroup group;
  private final Settling settling;
  private final RegionBitmap unequal;
  private final RegionBitmap demanded;
  private final RegionBitmap copying;
  private final TicketQueue waiters = new TicketQueue();
  private int newest;
  private int active;
  private int waiting;
  private boolean pumping;
  private boolean begun;
  private boolean stopped;

  Resync(MemberLayout layout, MirrorGroup group, Settling settling) {
    this.layout = layout;
    this.group = group;
    this.settling = settling;
    unequal = new RegionBitmap(layout);
    demanded = new RegionBitmap(layout);
    copying = new RegionBitmap(layout);
  }

  /**
   * The members may differ in these regions; reads of them wait from now on.
   *
   * @param followed members to be followed rather than others, where no checksum decides
   */
  void expect(RegionBitmap dirty, int followed) {
    newest = followed;
    unequal.unite(dirty);
    waiting = unequal.count();
  }

  /** The in-sync members are settled: copies may begin. */
  void begin() {
    begun = true;
    pump();
  }

  int waiting() {
    return waiting;
  }

  boolean isUnequal(int region) {
    return waiting != 0 && unequal.get(region);
  }

  /** Whether the region is equal; else it will be before others. */
  boolean isEqualOrDemand(int region) {
    if (!isUnequal(region)) {
      return true;
    }
    demanded.set(region);
    pump();
    return !isUnequal(region);
  }

  boolean equal(IntentTicket read) {
    // Stopped: nobody would release it, and nothing is answered any more.
    if (stopped || waiting == 0 || isEqual(read)) {
      return true;
    }
    int last = layout.lastRegion(read.startBlock(), read.blockCount());
    for (int region = layout.firstRegion(read.startBlock()); region <= last; region++) {
      if (unequal.get(region)) {
        demanded.set(region);
      }
    }
    waiters.add(read);
    // Later, so that the ticket is not told within this call.
    group.reactor().execute(this::pump);
    return false;
  }

  void stop() {
    stopped = true;
    waiters.releaseAll();
  }

  private boolean isEqual(IntentTicket read) {
    return !unequal.any(
        layout.firstRegion(read.startBlock()),
        layout.lastRegion(read.startBlock(), read.blockCount()));
  }

  /** Starts as many copies as may run. */
  void pump() {
    if (pumping) {
      return;
    }
    pumping = true;
    while (begun && !stopped && waiting != 0 && active < PARALLEL) {
      int region = next(demanded);
      region = region >= 0 ? region : next(unequal);
      if (region < 0) {
        break;
      }
      copying.set(region);
      active++;
      var copy = new RegionCopy(region);
      settling.judge(region, copy::step);
    }
    pumping = false;
  }

  private int next(RegionBitmap bits) {
    int region = bits.next(0);
    while (region >= 0 && (copying.get(region) || !unequal.get(region))) {
      region = bits.next(region + 1);
    }
    return region;
  }

  private void finished(int region) {
    active--;
    copying.clear(region);
    demanded.clear(region);
    unequal.clear(region);
    waiting--;
    settling.resolved(region);
    waiters.release(this::isEqual);
    pump();
  }

  /** One region on its way, piece by piece. */
  private final class RegionCopy {
    private final int region;
    private final long endBlock;
    private long nextBlock;
    private int pieceLimit = group.maxCopyBlocks();
    private int unreadable;

    RegionCopy(int region) {
      this.region = region;
      nextBlock = layout.regionStartBlock(region);
      endBlock = nextBlock + layout.regionBlocks(region);
    }

    void step() {
      if (stopped) {
        return;
      }
      if ((group.inSync() & group.failed()) != 0) {
        // In-sync by the record until its removal is known: the next owner may follow it (INTENT).
        later();
        return;
      }
      int usable = group.inSync();
      if (nextBlock == endBlock || Integer.bitCount(usable) == 1) {
        // The members that are left have nothing to differ from.
        settling.settle(region, () -> finished(region));
        return;
      }
      if ((usable & ~unreadable) == 0) {
        unreadable = 0;
        pieceDone(1);
        return;
      }
      int source = source(nextBlock, usable & ~unreadable);
      // Who cannot read this block may be the one who vouches for the next (NO-SILENT-LOSS).
      int limit = unreadable != 0 ? 1 : (int) Math.min(pieceLimit, endBlock - nextBlock);
      int piece = 1;
      while (piece < limit && source(nextBlock + piece, usable & ~unreadable) == source) {
        piece++;
      }
      int count = piece;
      group.copy(
          nextBlock,
          count,
          source,
          usable & ~(1 << source),
          status -> copied(status, count, source));
    }

    private int source(long block, int candidates) {
      int vouching = settling.vouching(block, candidates);
      int best = vouching != 0 ? vouching : candidates;
      return Integer.numberOfTrailingZeros((best & newest) != 0 ? best & newest : best);
    }

    private void copied(BlockStatus status, int piece, int source) {
      switch (status) {
        case SUCCESS -> pieceDone(piece);
        case READ_FAULT -> {
          if (piece > 1) {
            pieceLimit = piece / 2;
          } else {
            unreadable |= 1 << source;
          }
          step();
        }
        case PATH_LOST -> active--;
        default -> later();
      }
    }

    private void pieceDone(int piece) {
      nextBlock += piece;
      unreadable = 0;
      pieceLimit = (int) Math.min(group.maxCopyBlocks(), pieceLimit * 2L);
      step();
    }

    private void later() {
      group.reactor().timers().schedule(RETRY_NANOS, this::step);
    }
  }
}
