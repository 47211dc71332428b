package io.dnvme.initiator.node;

import io.dnvme.block.Reactor;
import io.dnvme.block.Timers;
import java.util.function.Consumer;

/**
 * One request to a node and who waits for its outcome, for a time of its own: what goes with it in
 * one command may have more or less. On the controller's home reactor.
 *
 * <p>Invariant: exactly one outcome is told, at the deadline at the latest; what comes later is
 * dropped.
 */
abstract class TimedCall<R> {

  private final Reactor home;
  private final long deadlineNanos;
  private final Timers.Timer timer;
  private Consumer<NodeOutcome<R>> done;
  private boolean waits = true;

  /**
   * @param timeoutNanos until the outcome is told
   */
  TimedCall(Reactor home, long timeoutNanos, Consumer<NodeOutcome<R>> done) {
    this.home = home;
    this.done = done;
    long limitNanos = Math.max(timeoutNanos, 0);
    deadlineNanos = home.clock().nanos() + limitNanos;
    timer = home.timers().schedule(limitNanos, this::expire);
  }

  /** It is over, and was not sent: nobody is to send it. */
  abstract void withdraw();

  /** What is left of its time, which may be nothing. */
  final long leftNanos() {
    return deadlineNanos - home.clock().nanos();
  }

  final boolean isTold() {
    return done == null;
  }

  /** It is sent: from now on it may be done. */
  final void sent() {
    waits = false;
  }

  /** It is to be sent once more. */
  final void waitAgain() {
    waits = true;
  }

  /** Tells the outcome, unless one was told already. */
  void tell(NodeOutcome<R> outcome) {
    Consumer<NodeOutcome<R>> asker = done;
    if (asker != null) {
      done = null;
      timer.cancel();
      asker.accept(outcome);
    }
  }

  final void tellTooLate() {
    tell(new NodeOutcome.Refused<>("it waited too long to be sent"));
  }

  private void expire() {
    if (waits) {
      withdraw();
      tellTooLate();
    } else {
      tell(new NodeOutcome.InDoubt<>("no answer in time"));
    }
  }
}
