package io.dnvme.transport;

import io.netty.channel.SelectStrategy;
import io.netty.util.IntSupplier;

/**
 * Decides at the start of each turn of an event loop whether to sleep for events or only to look
 * for them. On the reactor's thread only.
 *
 * <pre>
 *              work                      no work, polling pays
 *   WORKING ◄────────── POLLING ◄───────────────┐
 *      │                   │ limit passed       │
 *      │ no work           ▼                    │
 *      └──────────────► SLEEPING ───► work ─► WORKING
 * </pre>
 */
final class Poller implements SelectStrategy {

  private final PollMode mode;
  private final AdaptiveSpin spin;
  private final ReactorCounters counters;
  private boolean polling;
  private boolean sleeping;
  private long idleSinceNanos;

  Poller(PollMode mode, long spinLimitNanos, ReactorCounters counters) {
    this.mode = mode;
    this.spin = new AdaptiveSpin(spinLimitNanos);
    this.counters = counters;
  }

  /** The first event after a wait is about to be handled. Cheap where none was waited for. */
  void woken() {
    if (sleeping) {
      sleeping = false;
      spin.slept(System.nanoTime() - idleSinceNanos);
    }
  }

  @Override
  public int calculateStrategy(IntSupplier selectNow, boolean hasTasks) throws Exception {
    if (hasTasks) {
      found();
      return look(selectNow);
    }
    return switch (mode) {
      case BUSY -> look(selectNow);
      case SLEEP -> sleep();
      case ADAPTIVE -> adapt(selectNow);
    };
  }

  private int adapt(IntSupplier selectNow) throws Exception {
    woken();
    if (!polling) {
      if (!spin.pays()) {
        sleeping = true;
        idleSinceNanos = System.nanoTime();
        return sleep();
      }
      int ready = look(selectNow);
      if (ready == 0) {
        polling = true;
        counters.spins++;
        idleSinceNanos = System.nanoTime();
      }
      return ready;
    }
    int ready = look(selectNow);
    if (ready > 0) {
      found();
    } else if (!spin.goesOn(System.nanoTime() - idleSinceNanos)) {
      polling = false;
      counters.spinsInVain++;
      spin.gaveUp();
      return sleep();
    }
    return ready;
  }

  private void found() {
    woken();
    if (polling) {
      polling = false;
      spin.foundWork();
    }
  }

  private int look(IntSupplier selectNow) throws Exception {
    counters.epollWaits++;
    return selectNow.get();
  }

  private int sleep() {
    counters.epollWaits++;
    counters.sleeps++;
    return SELECT;
  }
}
