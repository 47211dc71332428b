package io.dnvme.initiator;

import io.dnvme.block.Backoff;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * Whether a controller is tried again after an attempt or an association came to its end, and when:
 * not before its command quiesce time (CQT) has passed since the loss, not at once with all other
 * hosts, not for longer than the time limit.
 */
final class ReconnectRule {

  private final ReconnectOptions options;
  private final Backoff backoff;
  private final boolean waitsForQuiesce;
  private long lossNanos;
  private boolean everConnected;
  private boolean refusedForGood;

  /**
   * @param random for the spread of reconnects
   */
  ReconnectRule(ReconnectOptions options, RandomGenerator random) {
    this(options, random, true);
  }

  /**
   * @param waitsForQuiesce false where a test plants that mistake
   */
  ReconnectRule(ReconnectOptions options, RandomGenerator random, boolean waitsForQuiesce) {
    this.options = options;
    this.waitsForQuiesce = waitsForQuiesce;
    backoff = new Backoff(options.minDelayNanos(), options.maxDelayNanos(), random);
  }

  /** There is no connection from now on: the time limit runs. */
  void lost(long nowNanos) {
    lossNanos = nowNanos;
  }

  /** An attempt came to its end well. */
  void connected() {
    backoff.reset();
    everConnected = true;
  }

  /** Trying again would be in vain. */
  void refusedForGood() {
    refusedForGood = true;
  }

  /** Whether the controller is given up now. */
  boolean givesUp(long nowNanos) {
    return refusedForGood || leftNanos(nowNanos) <= 0 || !everConnected && !options.fromTheStart();
  }

  /** How long the time limit lets the controller be tried still; for ever where there is none. */
  long leftNanos(long nowNanos) {
    return options.lossTimeoutNanos() == ReconnectOptions.NEVER
        ? Long.MAX_VALUE
        : options.lossTimeoutNanos() - (nowNanos - lossNanos);
  }

  /** How long to wait for the next attempt. */
  long delayNanos(long nowNanos, int quiesceMs) {
    long quiesceNanos = waitsForQuiesce ? TimeUnit.MILLISECONDS.toNanos(quiesceMs) : 0;
    return Math.max(backoff.next(), lossNanos + quiesceNanos - nowNanos);
  }
}
