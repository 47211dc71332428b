package io.dnvme.target.controller;

import io.dnvme.block.Reactor;
import io.dnvme.block.Timers;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The keep alive timer of a controller, restarted by any command (traffic based keep alive, NVMe
 * Base 2.0 §3.9). The timer is not touched by commands: when it rings it looks when the last one
 * came, and rings again or tells of the end. On the controller's reactor.
 */
final class KeepAlive {

  /** KAS: the timer's granularity, in units of 100 ms. */
  static final int GRANULARITY_100MS = 1;

  /**
   * What a host gets beyond its time: for the way of its commands and a late turn of our reactor.
   */
  static final long SLACK_MS = 500;

  private static final long GRANULARITY_MS = 100L * GRANULARITY_100MS;

  private final Reactor reactor;
  private final LongSupplier lastCommandNanos;
  private final Runnable expired;
  private Timers.Timer timer;
  private long timeoutMs;
  private long idleLimitNanos;
  private long limitNanos;

  /**
   * @param lastCommandNanos when the last command of any queue came
   * @param expired called once
   */
  KeepAlive(Reactor reactor, LongSupplier lastCommandNanos, Runnable expired) {
    this.reactor = reactor;
    this.lastCommandNanos = lastCommandNanos;
    this.expired = expired;
  }

  /** KATO as it counts: rounded up to the granularity; 0 where there is no timer. */
  long timeoutMs() {
    return timeoutMs;
  }

  /**
   * Starts, restarts or ends the timer.
   *
   * @param milliseconds KATO; 0 for none
   */
  void timeoutMs(long milliseconds) {
    timeoutMs = (milliseconds + GRANULARITY_MS - 1) / GRANULARITY_MS * GRANULARITY_MS;
    limit(timeoutMs == 0 ? idleLimitNanos : TimeUnit.MILLISECONDS.toNanos(timeoutMs + SLACK_MS));
  }

  /** Ends the association after such a silence as long as the host asks for no timer. */
  void idleLimit(long nanos) {
    idleLimitNanos = nanos;
    timeoutMs(timeoutMs);
  }

  void cancel() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void limit(long nanos) {
    cancel();
    limitNanos = nanos;
    if (nanos > 0) {
      schedule(nanos);
    }
  }

  private void schedule(long nanos) {
    timer = reactor.timers().schedule(nanos, this::ring);
  }

  private void ring() {
    timer = null;
    long left = lastCommandNanos.getAsLong() + limitNanos - reactor.clock().nanos();
    if (left > 0) {
      schedule(left);
    } else {
      expired.run();
    }
  }
}
