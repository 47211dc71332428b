package io.dnvme.block;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** One value for each reactor, made when first asked for. May be asked from any thread. */
public final class PerReactor<T> {

  /** The most reactors that a process can have. */
  public static final int MAX_REACTORS = 256;

  private final AtomicReferenceArray<T> byIndex = new AtomicReferenceArray<>(MAX_REACTORS);
  private final Function<Reactor, T> factory;

  public PerReactor(Function<Reactor, T> factory) {
    this.factory = factory;
  }

  public T of(Reactor reactor) {
    T value = byIndex.getAcquire(reactor.index());
    return value != null ? value : make(reactor);
  }

  /** Hands {@code action} the values made so far. */
  public void forEach(Consumer<T> action) {
    for (int i = 0; i < MAX_REACTORS; i++) {
      T value = byIndex.getAcquire(i);
      if (value != null) {
        action.accept(value);
      }
    }
  }

  /** A figure summed over the values made so far. */
  public long sum(ToLongFunction<T> figure) {
    long total = 0;
    for (int i = 0; i < MAX_REACTORS; i++) {
      T value = byIndex.getAcquire(i);
      if (value != null) {
        total += figure.applyAsLong(value);
      }
    }
    return total;
  }

  private T make(Reactor reactor) {
    T made = factory.apply(reactor);
    T other = byIndex.compareAndExchange(reactor.index(), null, made);
    return other != null ? other : made;
  }
}
