package io.dnvme.target.event;

import io.dnvme.block.Reactor;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Something whose changes others want to know: each listener is told on its own reactor, later, in
 * the order of publication.
 *
 * <p>Subscribing and cancelling are possible from any thread. Publications are serialised by the
 * owner, under the lock or on the reactor that serialises its changes; so what a listener reads
 * when it is told is at least as new as the event. To miss nothing: first subscribe, then read.
 *
 * @param <E> what listeners are told
 */
public final class EventSource<E> {

  /** Is told, on the reactor that it subscribed with. */
  @FunctionalInterface
  public interface Listener<E> {
    void happened(E event);
  }

  private final class Entry implements Subscription {
    private final Reactor reactor;
    private final Listener<? super E> listener;
    private volatile boolean cancelled;

    Entry(Reactor reactor, Listener<? super E> listener) {
      this.reactor = reactor;
      this.listener = listener;
    }

    @Override
    public void cancel() {
      cancelled = true;
      entries.remove(this);
    }

    void tell(E event) {
      reactor.execute(() -> {
        if (!cancelled) {
          listener.happened(event);
        }
      });
    }
  }

  private final CopyOnWriteArrayList<Entry> entries = new CopyOnWriteArrayList<>();

  public Subscription subscribe(Reactor reactor, Listener<? super E> listener) {
    var entry = new Entry(reactor, listener);
    entries.add(entry);
    return entry;
  }

  /** Tells all listeners; called by the owner only. */
  public void publish(E event) {
    for (Entry entry : entries) {
      entry.tell(event);
    }
  }

  /** How many listen. */
  public int subscriptions() {
    return entries.size();
  }
}
