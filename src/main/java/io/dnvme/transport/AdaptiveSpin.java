package io.dnvme.transport;

/**
 * Whether to wait for work by polling or by sleeping: polling spares the wake-up, which costs more
 * than a whole command, but is wasted where no work comes soon.
 *
 * <p>Learns from the gaps between one piece of work and the next, whichever way they were waited
 * out:
 *
 * <pre>
 *   gap within the limit   score + 1
 *   longer                 score - {@value #LONG_GAP_COST}
 *   poll while             score >= {@value #PAYS_FROM}
 * </pre>
 *
 * <p>So it polls on only while more than {@value #LONG_GAP_COST} of {@value #LONG_GAP_COST} + 1
 * waits find work in time, which bounds what is wasted; an idle reactor stops after a few gaps. One
 * reactor's, without locks.
 */
final class AdaptiveSpin {

  static final int LONG_GAP_COST = 8;
  static final int PAYS_FROM = 8;
  static final int MAX_SCORE = 32;

  /** What waking adds to a gap that was slept through and would not add to one spent polling. */
  static final long WAKE_ALLOWANCE_NANOS = 50_000;

  private final long limitNanos;
  private int score;

  /**
   * @param limitNanos the longest that one gap is waited out by polling
   */
  AdaptiveSpin(long limitNanos) {
    this.limitNanos = limitNanos;
  }

  /** Whether to poll in the gap that begins now. */
  boolean pays() {
    return score >= PAYS_FROM;
  }

  /** Whether to poll on after {@code idleNanos} without work. */
  boolean goesOn(long idleNanos) {
    return idleNanos < limitNanos;
  }

  /** Work came while polling. */
  void foundWork() {
    if (score < MAX_SCORE) {
      score++;
    }
  }

  /** The limit passed without work; what follows is slept through and counts no more. */
  void gaveUp() {
    score = Math.max(0, score - LONG_GAP_COST);
  }

  /** Work came after a gap that was slept through from its beginning. */
  void slept(long gapNanos) {
    if (gapNanos < limitNanos + WAKE_ALLOWANCE_NANOS) {
      foundWork();
    } else {
      gaveUp();
    }
  }
}
