package io.dnvme.target.queue;

import io.dnvme.block.Timers;
import java.util.concurrent.TimeUnit;

/**
 * Bounds how long answers that a host does not read may hold what devices lent: other hosts' writes
 * wait for it. What stood in the list for a whole sweep is copied aside. On the queue's reactor.
 */
final class LentAnswers {

  /** Time between sweeps; nothing is held for longer than two. */
  static final long SWEEP_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final TargetConnection connection;
  private final SlotList answers;
  private final Runnable sweep = this::sweep;
  private Timers.Timer timer;
  private long number;
  private boolean lentSince;

  LentAnswers(TargetConnection connection, SlotList answers) {
    this.connection = connection;
    this.answers = answers;
  }

  /** An answer of lent memory joins the list. */
  void answered(CommandSlot slot) {
    slot.sweep(number);
    lentSince = true;
    if (timer == null) {
      schedule();
    }
  }

  void close() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void schedule() {
    timer = connection.reactor().timers().schedule(SWEEP_NANOS, sweep);
  }

  private void sweep() {
    timer = null;
    boolean again = lentSince;
    lentSince = false;
    answers.forEach(slot -> {
      if (slot.state() == CommandSlot.State.ANSWERED
          && slot.isReplyLent()
          && slot.sweep() < number) {
        slot.keepReply();
      }
    });
    number++;
    if (again) {
      schedule();
    }
  }
}
