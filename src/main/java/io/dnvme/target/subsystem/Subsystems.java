package io.dnvme.target.subsystem;

import io.dnvme.block.Reactor;
import io.dnvme.target.event.EventSource;
import io.dnvme.target.event.Subscription;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * All NVM subsystems of this node, by name. Look-ups are one volatile read, from any thread;
 * changes are serialised and told to listeners on their reactors.
 */
public final class Subsystems {

  /** The most subsystems that a node serves. */
  public static final int MAX_SUBSYSTEMS = 4096;

  /** What happens to the registry. */
  public sealed interface Event {
    Subsystem subsystem();

    record Added(Subsystem subsystem) implements Event {}

    record Removed(Subsystem subsystem) implements Event {}
  }

  private final EventSource<Event> events = new EventSource<>();
  private volatile Map<String, Subsystem> byNqn = Map.of();

  /** The subsystem of that name, or null. */
  public Subsystem find(String nqn) {
    return byNqn.get(nqn);
  }

  /** All subsystems, in the order of their names. */
  public Collection<Subsystem> all() {
    return byNqn.values();
  }

  public Subscription subscribe(Reactor reactor, EventSource.Listener<? super Event> listener) {
    return events.subscribe(reactor, listener);
  }

  /**
   * Lets hosts find and connect to the subsystem.
   *
   * @throws IllegalArgumentException if its name or an identifier of its namespaces is taken, or it
   *     was removed before
   * @throws IllegalStateException if there are {@link #MAX_SUBSYSTEMS} others
   */
  public synchronized void add(Subsystem subsystem) {
    if (subsystem.isRemoved()) {
      throw new IllegalArgumentException(subsystem + " was removed and cannot come back");
    }
    if (byNqn.size() == MAX_SUBSYSTEMS) {
      throw new IllegalStateException("a node serves at most " + MAX_SUBSYSTEMS + " subsystems");
    }
    if (byNqn.containsKey(subsystem.nqn())) {
      throw new IllegalArgumentException(subsystem + " exists already");
    }
    for (Subsystem other : byNqn.values()) {
      checkDistinct(subsystem, other);
    }
    var next = new TreeMap<>(byNqn);
    next.put(subsystem.nqn(), subsystem);
    byNqn = Collections.unmodifiableMap(next);
    events.publish(new Event.Added(subsystem));
  }

  /**
   * Hosts no longer find the subsystem, and its controllers are told to end.
   *
   * @return the subsystem, or null where there is none of that name
   */
  public synchronized Subsystem remove(String nqn) {
    var next = new TreeMap<>(byNqn);
    Subsystem gone = next.remove(nqn);
    if (gone != null) {
      byNqn = Collections.unmodifiableMap(next);
      gone.remove();
      events.publish(new Event.Removed(gone));
    }
    return gone;
  }

  private static void checkDistinct(Subsystem one, Subsystem other) {
    for (Namespace mine : one.namespaces()) {
      for (Namespace theirs : other.namespaces()) {
        if (mine.ids().collidesWith(theirs.ids())) {
          throw new IllegalArgumentException(
              "NAMES: namespace %d of %s has the identifiers of namespace %d of %s"
                  .formatted(mine.nsid(), one, theirs.nsid(), other));
        }
      }
    }
  }
}
