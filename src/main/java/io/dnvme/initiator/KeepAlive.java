package io.dnvme.initiator;

import io.dnvme.block.Reactor;
import io.dnvme.block.Timers;
import io.dnvme.nvme.AdminOpcode;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Tells the controller that the host is alive, and finds out that the controller is not: a Keep
 * Alive every half KATO, and the association is given up when one is not answered within a KATO. A
 * controller that counts any command (TBKAS) gets one only where nothing else was answered, and is
 * looked after twice as often (NVMe Base 2.0 §3.9). On the home reactor.
 */
final class KeepAlive {

  private final Reactor reactor;
  private final AdminQueue admin;
  private final long timeoutNanos;
  private final boolean trafficBased;
  private final LongSupplier answers;
  private final Consumer<String> silent;

  private Timers.Timer timer;
  private boolean stopped;
  private boolean outstanding;
  private long sentNanos;
  private long answersSeen;
  private long sent;

  /**
   * @param answers commands that the controller answered so far, on all its queues
   * @param silent told once that the controller does not answer
   */
  KeepAlive(
      Reactor reactor,
      AdminQueue admin,
      int timeoutMs,
      boolean trafficBased,
      LongSupplier answers,
      Consumer<String> silent) {
    this.reactor = reactor;
    this.admin = admin;
    this.timeoutNanos = TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    this.trafficBased = trafficBased;
    this.answers = answers;
    this.silent = silent;
  }

  void start() {
    answersSeen = answers.getAsLong();
    schedule();
  }

  void stop() {
    stopped = true;
    if (timer != null) {
      timer.cancel();
    }
  }

  /** Keep Alive commands sent. */
  long sent() {
    return sent;
  }

  private void schedule() {
    timer = reactor.timers().schedule(timeoutNanos / (trafficBased ? 4 : 2), this::tick);
  }

  private void tick() {
    if (stopped) {
      return;
    }
    long seen = answers.getAsLong();
    boolean quiet = seen == answersSeen;
    answersSeen = seen;
    if (outstanding && reactor.clock().nanos() - sentNanos >= timeoutNanos) {
      stopped = true;
      silent.accept(
          "no answer to Keep Alive within " + TimeUnit.NANOSECONDS.toMillis(timeoutNanos) + " ms");
      return;
    }
    if (!outstanding && (quiet || !trafficBased)) {
      send();
    }
    schedule();
  }

  private void send() {
    outstanding = true;
    sent++;
    sentNanos = reactor.clock().nanos();
    admin.send(
        (entry, cid) -> entry.start(AdminOpcode.KEEP_ALIVE, cid),
        reply -> {
          outstanding = false;
          // Its own answer is no traffic: else every second one would be left out.
          answersSeen = answers.getAsLong();
          if (!reply.isSuccess()) {
            silent.accept("Keep Alive failed");
          }
        });
  }
}
