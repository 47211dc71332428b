package io.dnvme.block;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.ToLongFunction;

/** What one layer did: an {@link IoCounters} for each reactor, made when first asked for. */
public final class LayerCounters {

  /** The most reactors that a process can have. */
  public static final int MAX_REACTORS = 256;

  private final AtomicReferenceArray<IoCounters> byReactor =
      new AtomicReferenceArray<>(MAX_REACTORS);

  /** The counters that {@code reactor} writes; called on it. */
  public IoCounters on(Reactor reactor) {
    IoCounters counters = byReactor.getPlain(reactor.index());
    if (counters == null) {
      counters = new IoCounters();
      byReactor.set(reactor.index(), counters);
    }
    return counters;
  }

  /** A figure summed over all reactors; from any thread. */
  public long sum(ToLongFunction<IoCounters> figure) {
    long total = 0;
    for (int i = 0; i < MAX_REACTORS; i++) {
      IoCounters counters = byReactor.getAcquire(i);
      if (counters != null) {
        total += figure.applyAsLong(counters);
      }
    }
    return total;
  }
}
