package io.dnvme.transport;

import io.dnvme.nvme.connection.CloseReason;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The open queue pairs of one reactor; on it only. */
final class QueuePairs {

  private static final long SWEEP_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final EpollReactor reactor;
  private final Set<QueuePair> open = new LinkedHashSet<>();
  private final List<Runnable> waiting = new ArrayList<>();
  private boolean sweeping;

  QueuePairs(EpollReactor reactor) {
    this.reactor = reactor;
  }

  void add(QueuePair queuePair) {
    open.add(queuePair);
    reactor.counters().connections++;
    reactor.counters().connectionsOpened++;
  }

  void remove(QueuePair queuePair) {
    if (open.remove(queuePair)) {
      reactor.counters().connections--;
    }
    tellIfEmpty();
  }

  /** Runs {@code task} as soon as none is open. */
  void whenEmpty(Runnable task) {
    waiting.add(task);
    tellIfEmpty();
  }

  void closeAll(CloseReason reason) {
    new ArrayList<>(open).forEach(queuePair -> queuePair.end(reason));
  }

  /** A queue pair keeps received bytes over a turn's end: see later whether it still does. */
  void sweepSoon() {
    if (!sweeping) {
      sweeping = true;
      reactor.timers().schedule(SWEEP_INTERVAL_NANOS, this::sweep);
    }
  }

  private void tellIfEmpty() {
    if (open.isEmpty() && !waiting.isEmpty()) {
      List<Runnable> told = List.copyOf(waiting);
      waiting.clear();
      told.forEach(Runnable::run);
    }
  }

  /** See {@link ReceiveBuffer#sweep}. */
  void sweep() {
    sweeping = false;
    open.forEach(QueuePair::sweep);
    if (reactor.regions().lent() > 0) {
      sweepSoon();
    }
  }
}
