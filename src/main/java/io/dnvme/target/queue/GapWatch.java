package io.dnvme.target.queue;

import io.dnvme.block.Reactor;
import io.dnvme.block.Timers;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Notices that its reactor stood still for longer than the gap limit, and then ends the connections
 * that it had: what they had received before is not executed, since the hosts may long have retried
 * it elsewhere (STALE-PATH). On its reactor.
 */
public final class GapWatch {

  private static final int BEATS_PER_LIMIT = 4;

  private final Reactor reactor;
  private final long limitNanos;
  private final Set<TargetConnection> connections = new LinkedHashSet<>();
  private long lastBeatNanos;
  private long gaps;
  private Timers.Timer timer;

  public GapWatch(Reactor reactor, long limitNanos) {
    this.reactor = reactor;
    this.limitNanos = limitNanos;
  }

  /** The connection's commands are subject to the limit until {@link #forget}. */
  void watch(TargetConnection connection) {
    if (connections.isEmpty()) {
      lastBeatNanos = reactor.clock().nanos();
      scheduleBeat();
    }
    connections.add(connection);
  }

  void forget(TargetConnection connection) {
    if (connections.remove(connection) && connections.isEmpty()) {
      timer.cancel();
    }
  }

  /** Whether commands that have just been read may be executed. */
  boolean mayExecute(long nowNanos) {
    if (nowNanos - lastBeatNanos <= limitNanos) {
      return true;
    }
    endAll(nowNanos);
    return false;
  }

  /** How often the reactor stood still for too long. */
  public long gaps() {
    return gaps;
  }

  private void scheduleBeat() {
    timer = reactor.timers().schedule(limitNanos / BEATS_PER_LIMIT, this::beat);
  }

  private void beat() {
    long now = reactor.clock().nanos();
    if (now - lastBeatNanos > limitNanos) {
      endAll(now);
    }
    lastBeatNanos = now;
    if (!connections.isEmpty()) {
      scheduleBeat();
    }
  }

  private void endAll(long nowNanos) {
    gaps++;
    lastBeatNanos = nowNanos;
    List<TargetConnection> all = new ArrayList<>(connections);
    all.forEach(TargetConnection::close);
  }
}
