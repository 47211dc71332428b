package io.dnvme.volume.intent;

import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.volume.intent.IntentLog.Answer;

/**
 * Empties pages of a member's bitmaps, which are nobody's then: the one copy of each, and when all
 * of those are durable the other, so that nothing older is left in either. On the group's home
 * reactor; once.
 */
final class EmptyPages {

  /** Which pages are emptied. */
  @FunctionalInterface
  interface Choice {
    boolean isEmptied(int bitmap, int page);
  }

  private static final int COPIES = 2;
  private static final long[] NO_BITS = new long[BitmapPage.WORDS];

  private final Reactor reactor;
  private final HeaderMedium medium;
  private final MemberLayout layout;
  private final long generation;
  private final long timeoutNanos;
  private Choice choice;
  private Answer done;
  private int copiesWritten;
  private int next;

  /**
   * @param medium whose header was read, and to which nobody else writes
   * @param generation in which they are written
   * @param timeoutNanos for as many pages as are written at once
   */
  EmptyPages(
      Reactor reactor,
      HeaderMedium medium,
      MemberLayout layout,
      long generation,
      long timeoutNanos) {
    this.reactor = reactor;
    this.medium = medium;
    this.layout = layout;
    this.generation = generation;
    this.timeoutNanos = timeoutNanos;
  }

  /** Answers yes once both copies of all those pages are durable. */
  void write(Choice pages, Answer whenWritten) {
    choice = pages;
    done = whenWritten;
    writeRound();
  }

  private void writeRound() {
    int added = addPages();
    if (added == 0 && ++copiesWritten == COPIES) {
      done.answered(true);
      return;
    }
    if (added == 0) {
      next = 0;
      writeRound();
      return;
    }
    var round = new TimedStatus(reactor, timeoutNanos);
    round.then(this::written);
    medium.write(round::ended);
  }

  private int addPages() {
    int added = 0;
    int pages = MemberLayout.BITMAPS * layout.pagesPerBitmap();
    for (; next < pages && added < HeaderMedium.ROUND_PAGES; next++) {
      int bitmap = next / layout.pagesPerBitmap();
      int page = next % layout.pagesPerBitmap();
      if (choice.isEmptied(bitmap, page)) {
        medium.add(bitmap, page, generation, PeerSlot.FREE, NO_BITS, 0);
        added++;
      }
    }
    return added;
  }

  private void written(BlockStatus status) {
    if (status.isSuccess()) {
      writeRound();
    } else {
      done.answered(false);
    }
  }
}
