package io.dnvme.block;

import java.util.function.ToLongFunction;

/** What one layer did: an {@link IoCounters} for each reactor, made when first asked for. */
public final class LayerCounters {

  private final PerReactor<IoCounters> byReactor = new PerReactor<>(reactor -> new IoCounters());

  /** The counters that {@code reactor} writes. */
  public IoCounters on(Reactor reactor) {
    return byReactor.of(reactor);
  }

  /** A figure summed over all reactors; from any thread. */
  public long sum(ToLongFunction<IoCounters> figure) {
    return byReactor.sum(figure);
  }
}
