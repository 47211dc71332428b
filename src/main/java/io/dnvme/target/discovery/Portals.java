package io.dnvme.target.discovery;

import io.dnvme.block.Reactor;
import io.dnvme.target.event.EventSource;
import io.dnvme.target.event.Subscription;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * All portals of this node. Read from any thread; changes are serialised and told to listeners on
 * their reactors.
 */
public final class Portals {

  /** The most portals of a node. */
  public static final int MAX_PORTALS = 256;

  private final EventSource<List<Portal>> events = new EventSource<>();
  private volatile List<Portal> all = List.of();

  /** In the order of their ids. */
  public List<Portal> all() {
    return all;
  }

  public Subscription subscribe(
      Reactor reactor, EventSource.Listener<? super List<Portal>> listener) {
    return events.subscribe(reactor, listener);
  }

  /**
   * Announces a portal that is being listened on.
   *
   * @throws IllegalArgumentException if its id is taken
   * @throws IllegalStateException if there are {@link #MAX_PORTALS} others
   */
  public synchronized void add(Portal portal) {
    if (all.size() == MAX_PORTALS) {
      throw new IllegalStateException("a node has at most " + MAX_PORTALS + " portals");
    }
    if (all.stream().anyMatch(other -> other.portId() == portal.portId())) {
      throw new IllegalArgumentException("there is a portal " + portal.portId() + " already");
    }
    var next = new ArrayList<>(all);
    next.add(portal);
    next.sort(Comparator.comparingInt(Portal::portId));
    publish(next);
  }

  /** The portal is not listened on any more; whether there was one of that id. */
  public synchronized boolean remove(int portId) {
    var next = new ArrayList<>(all);
    boolean removed = next.removeIf(portal -> portal.portId() == portId);
    if (removed) {
      publish(next);
    }
    return removed;
  }

  private void publish(List<Portal> next) {
    all = List.copyOf(next);
    events.publish(all);
  }
}
