package io.dnvme.volume.intent;

import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.block.Timers.Timer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Keeps the headers of all members that count alike: what is wanted in memory is written to them
 * together, many changes with one write (group commit).
 *
 * <pre>
 *   wanted      what the bits shall be
 *   committed   set in wanted, and on every medium that is still written to
 *   durable     the same on every medium that counts: data may rest on it
 *
 *   change ──► page dirty ──► round: all dirty pages (at most ROUND_PAGES) to every medium, then
 *              the descriptor ──► committed ──► told ──► next round
 * </pre>
 *
 * <p>A member whose medium failed, or that is about to be removed, is no longer written to and no
 * longer waited for; but while it counts nothing new becomes durable (INTENT). One that takes too
 * long for its part of a round has failed, unless all do.
 *
 * <p>On the group's home reactor. One round at a time.
 */
final class HeaderCommit {

  /** Who is told. */
  interface Listener {
    /** Something may have become durable. */
    void advanced();

    /** A member's medium could not be written. */
    void mediumFailed(int member, BlockStatus status);

    /** Whether these members, which are late, are to fail; else they are waited for again. */
    boolean mayFail(int late);
  }

  /** Waits until everything that was wanted when it began is on every medium written to. */
  private record Barrier(long changes, int failsWith, IntentLog.Answer done) {}

  private static final int WORDS = BitmapPage.WORDS;

  private final MemberLayout layout;
  private final Reactor reactor;
  private final Listener listener;
  private final long timeoutNanos;
  private final Runnable startRound = this::startRound;
  private final Runnable roundLate = this::roundLate;
  private final HeaderMedium[] media;
  private final RegionBitmap[] wanted = new RegionBitmap[MemberLayout.BITMAPS];
  private final RegionBitmap[] committed = new RegionBitmap[MemberLayout.BITMAPS];
  private final RegionBitmap[] durable = new RegionBitmap[MemberLayout.BITMAPS];
  private final PeerSlot[] peers = new PeerSlot[MemberLayout.PEERS];
  private final List<Barrier> barriers = new ArrayList<>();

  /** The change that made a page dirty, for each page; 0: it is as wanted, or being written. */
  private final long[] dirtySince;

  private long descriptorSince;
  private long changes;
  private int firstPage;

  private int counting;
  private int dead;

  // The round under way.
  private boolean scheduled;
  private boolean running;
  private boolean descriptorRound;
  private int pending;
  private Timer limit;
  private long oldestInRound;
  private int roundPages;
  private final int[] roundIndexes = new int[HeaderMedium.ROUND_PAGES];
  private final long[] roundWords = new long[HeaderMedium.ROUND_PAGES * WORDS];
  private long roundNumber;

  /** In which the round under way, or the last one, is written (see HeaderAges). */
  private long generation;

  /** Which every member that counts has. */
  private long completed;

  private long rounds;
  private long pagesWritten;

  /**
   * @param timeoutNanos for one member's part of a round
   */
  HeaderCommit(
      MemberLayout layout, Reactor reactor, int members, long timeoutNanos, Listener listener) {
    this.layout = layout;
    this.reactor = reactor;
    this.timeoutNanos = timeoutNanos;
    this.listener = listener;
    media = new HeaderMedium[members];
    dirtySince = new long[MemberLayout.BITMAPS * layout.pagesPerBitmap()];
    for (int i = 0; i < MemberLayout.BITMAPS; i++) {
      wanted[i] = new RegionBitmap(layout);
      committed[i] = new RegionBitmap(layout);
      durable[i] = new RegionBitmap(layout);
    }
    Arrays.fill(peers, PeerSlot.FREE);
  }

  RegionBitmap wanted(int bitmap) {
    return wanted[bitmap];
  }

  RegionBitmap committed(int bitmap) {
    return committed[bitmap];
  }

  RegionBitmap durable(int bitmap) {
    return durable[bitmap];
  }

  PeerSlot peer(int slot) {
    return peers[slot];
  }

  long rounds() {
    return rounds;
  }

  /** Page writes of one member, all rounds together. */
  long pagesWritten() {
    return pagesWritten;
  }

  /** Before anything is written: the generation that every member that counts has. */
  void completed(long known) {
    completed = known;
    generation = known;
  }

  /** The newest generation that every member that counts is known to have. */
  long completed() {
    return completed;
  }

  /** Members whose media are written. */
  int written() {
    return counting & ~dead;
  }

  int counting() {
    return counting;
  }

  /** Whether nothing is being written and nothing waits to be. */
  boolean isIdle() {
    return !running && oldestDirty() == Long.MAX_VALUE;
  }

  /** The member's medium is written from now on, and counts. */
  void count(int member, HeaderMedium medium) {
    media[member] = medium;
    counting |= 1 << member;
    dead &= ~(1 << member);
  }

  /**
   * In-sync by the record, with a header that cannot be used: it is not written, and nothing
   * becomes durable until it left (INTENT).
   */
  void countUnwritten(int member) {
    counting |= 1 << member;
    dead |= 1 << member;
  }

  /** The members' media are neither written nor waited for any more; they count until they left. */
  void giveUp(int members) {
    dead |= members & counting;
    if (running && pending != 0) {
      pending &= ~members;
      if (pending == 0) {
        endRound();
      }
    }
  }

  /** The members do not count any more. */
  void leave(int members) {
    giveUp(members);
    counting &= ~members;
    dead &= ~members;
    settleDurable();
  }

  void set(int bitmap, int region) {
    if (!wanted[bitmap].get(region)) {
      wanted[bitmap].set(region);
      dirty(bitmap, region / BitmapPage.BITS);
    }
  }

  void clear(int bitmap, int region) {
    if (wanted[bitmap].get(region)) {
      wanted[bitmap].clear(region);
      // What is written from now on lacks it, so nothing may rest on it.
      committed[bitmap].clear(region);
      durable[bitmap].clear(region);
      dirty(bitmap, region / BitmapPage.BITS);
    }
  }

  /** Gives a peer's place to a member, or to nobody; all its pages are written before the name. */
  void peer(int slot, PeerSlot owner) {
    peers[slot] = owner;
    committed[slot + 1].clearAll();
    durable[slot + 1].clearAll();
    if (owner.isFree()) {
      wanted[slot + 1].clearAll();
    }
    allDirty(slot + 1);
    descriptorDirty();
  }

  /** The header of the place's owner has at least that generation. */
  void floor(int slot, long floor) {
    peers[slot] = peers[slot].withFloor(floor);
    descriptorDirty();
  }

  void descriptorDirty() {
    descriptorSince = descriptorSince == 0 ? ++changes : descriptorSince;
    schedule();
  }

  void allDirty(int bitmap) {
    for (int page = 0; page < layout.pagesPerBitmap(); page++) {
      dirty(bitmap, page);
    }
  }

  /** Everything is written anew: for a medium that is new among those that count. */
  void everythingDirty() {
    for (int bitmap = 0; bitmap < MemberLayout.BITMAPS; bitmap++) {
      allDirty(bitmap);
    }
    descriptorDirty();
  }

  /**
   * Answers yes once all that is wanted now is on every medium written to; no where one of {@code
   * failsWith} failed before, or none is left.
   */
  void whenCommitted(int failsWith, IntentLog.Answer done) {
    barriers.add(new Barrier(changes, failsWith, done));
    schedule();
  }

  /** Answers all who wait with no, and writes no more. */
  void stop() {
    giveUp(counting);
    failBarriers(-1);
  }

  @Override
  public String toString() {
    return "header counts on %x, written to %x, %s, %d wait"
        .formatted(
            counting,
            written(),
            running ? "writing to %x".formatted(pending) : "idle",
            barriers.size());
  }

  private void dirty(int bitmap, int page) {
    int index = bitmap * layout.pagesPerBitmap() + page;
    if (dirtySince[index] == 0) {
      dirtySince[index] = ++changes;
    }
    schedule();
  }

  private void schedule() {
    if (!scheduled && !running) {
      scheduled = true;
      reactor.execute(startRound);
    }
  }

  private void startRound() {
    scheduled = false;
    if (running) {
      return;
    }
    if (written() == 0) {
      failBarriers(-1);
      return;
    }
    pickPages();
    descriptorRound = roundPages == 0 && descriptorSince != 0;
    if (roundPages == 0 && !descriptorRound) {
      settleBarriers();
      return;
    }
    running = true;
    rounds++;
    generation = completed + 1;
    long number = ++roundNumber;
    if (descriptorRound) {
      oldestInRound = descriptorSince;
      descriptorSince = 0;
    }
    int targets = written();
    pending = targets;
    for (int rest = targets; rest != 0; rest &= rest - 1) {
      int member = Integer.numberOfTrailingZeros(rest);
      write(media[member], member, number);
    }
    if (running && number == roundNumber) {
      limit = reactor.timers().schedule(timeoutNanos, roundLate);
    }
  }

  private void roundLate() {
    limit = null;
    int late = pending;
    long number = roundNumber;
    if (!listener.mayFail(late)) {
      limit = reactor.timers().schedule(timeoutNanos, roundLate);
      return;
    }
    for (int rest = late; rest != 0; rest &= rest - 1) {
      written(Integer.numberOfTrailingZeros(rest), number, BlockStatus.PATH_LOST);
    }
  }

  /** Dirty pages in turn, so that none waits for ever behind those that are dirtied again. */
  private void pickPages() {
    roundPages = 0;
    oldestInRound = Long.MAX_VALUE;
    if (descriptorSince != 0 && descriptorSince < oldestDirtyPage()) {
      return;
    }
    int index = firstPage;
    for (int i = 0; i < dirtySince.length && roundPages < roundIndexes.length; i++) {
      if (dirtySince[index] != 0) {
        oldestInRound = Math.min(oldestInRound, dirtySince[index]);
        dirtySince[index] = 0;
        int from = index % layout.pagesPerBitmap() * WORDS;
        long[] words = wanted[index / layout.pagesPerBitmap()].words();
        System.arraycopy(words, from, roundWords, roundPages * WORDS, WORDS);
        roundIndexes[roundPages++] = index;
      }
      index = index + 1 == dirtySince.length ? 0 : index + 1;
    }
    firstPage = index;
  }

  private void write(HeaderMedium medium, int member, long number) {
    if (descriptorRound) {
      medium.addDescriptor(generation, List.of(peers));
      pagesWritten++;
    }
    for (int i = 0; i < roundPages; i++) {
      int bitmap = roundIndexes[i] / layout.pagesPerBitmap();
      PeerSlot owner = bitmap == 0 ? PeerSlot.FREE : peers[bitmap - 1];
      int page = roundIndexes[i] % layout.pagesPerBitmap();
      medium.add(bitmap, page, generation, owner, roundWords, i * WORDS);
    }
    pagesWritten += roundPages;
    medium.write(status -> written(member, number, status));
  }

  private void written(int member, long number, BlockStatus status) {
    if (number != roundNumber || (pending & 1 << member) == 0) {
      // Given up meanwhile.
      return;
    }
    pending &= ~(1 << member);
    boolean last = pending == 0;
    if (!status.isSuccess()) {
      dead |= 1 << member;
      failBarriers(1 << member);
      listener.mediumFailed(member, status);
    }
    if (last) {
      endRound();
    }
  }

  private void endRound() {
    running = false;
    if (limit != null) {
      limit.cancel();
      limit = null;
    }
    oldestInRound = Long.MAX_VALUE;
    if (written() != 0) {
      for (int i = 0; i < roundPages; i++) {
        int bitmap = roundIndexes[i] / layout.pagesPerBitmap();
        int from = roundIndexes[i] % layout.pagesPerBitmap() * WORDS;
        long[] now = wanted[bitmap].words();
        long[] known = committed[bitmap].words();
        for (int word = 0; word < WORDS; word++) {
          // What was cleared meanwhile is not counted on.
          known[from + word] = now[from + word] & roundWords[i * WORDS + word];
        }
        if ((counting & dead) == 0) {
          System.arraycopy(known, from, durable[bitmap].words(), from, WORDS);
        }
      }
    }
    if (written() == 0) {
      failBarriers(-1);
    } else {
      settleGeneration();
      settleBarriers();
    }
    listener.advanced();
    if (oldestDirty() != Long.MAX_VALUE || !barriers.isEmpty()) {
      schedule();
    }
  }

  private void settleDurable() {
    if ((counting & dead) == 0) {
      for (int i = 0; i < MemberLayout.BITMAPS; i++) {
        durable[i].copyFrom(committed[i]);
      }
      if (!running) {
        settleGeneration();
      }
      listener.advanced();
    }
  }

  /** It stays the same until all members that count have it. */
  private void settleGeneration() {
    if ((counting & dead) == 0) {
      completed = generation;
    }
  }

  private void settleBarriers() {
    long oldest = oldestDirty();
    for (int i = 0; i < barriers.size(); ) {
      if (barriers.get(i).changes < oldest) {
        barriers.remove(i).done.answered(true);
        // The answer may have changed anything.
        oldest = oldestDirty();
        i = 0;
      } else {
        i++;
      }
    }
  }

  private void failBarriers(int members) {
    var failed = new ArrayList<Barrier>();
    barriers.removeIf(
        barrier -> (members == -1 || (barrier.failsWith & members) != 0) && failed.add(barrier));
    failed.forEach(barrier -> barrier.done.answered(false));
  }

  private long oldestDirty() {
    long oldest = Math.min(oldestDirtyPage(), running ? oldestInRound : Long.MAX_VALUE);
    return descriptorSince == 0 ? oldest : Math.min(oldest, descriptorSince);
  }

  private long oldestDirtyPage() {
    long oldest = Long.MAX_VALUE;
    for (long since : dirtySince) {
      if (since != 0) {
        oldest = Math.min(oldest, since);
      }
    }
    return oldest;
  }
}
