package io.dnvme.target.ana;

import io.dnvme.block.Reactor;
import io.dnvme.target.event.EventSource;
import io.dnvme.target.event.Subscription;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * States of a subsystem's ANA groups at one portal. Read by any reactor through one volatile read
 * of an immutable snapshot; changes come from any thread and are serialised.
 *
 * <pre>
 *   OPTIMIZED ◄──► NON_OPTIMIZED ◄──► INACCESSIBLE        each also ◄──► CHANGE
 *   any of them ───► PERSISTENT_LOSS (final)
 *   CHANGE ── ANATT gone by ──► INACCESSIBLE
 * </pre>
 *
 * A host resets the controller when a group stays in change for twice ANATT; so nobody is trusted
 * to end it in time.
 */
public final class AnaPort {

  /**
   * All states at one moment.
   *
   * @param changeCount how often the content of the ANA log has changed
   * @param states by group, from group 1
   * @param lastChanges by group: the change count of the group's own last change
   */
  public record Snapshot(long changeCount, List<AnaState> states, List<Long> lastChanges) {

    public Snapshot {
      states = List.copyOf(states);
      lastChanges = List.copyOf(lastChanges);
    }

    public AnaState state(int groupId) {
      return states.get(groupId - 1);
    }

    public long lastChange(int groupId) {
      return lastChanges.get(groupId - 1);
    }
  }

  private final Reactor home;
  private final int portId;
  private final EventSource<AnaChanged> events = new EventSource<>();
  private volatile Snapshot snapshot;
  // What commands are answered with, by group; replaced as a whole.
  private volatile int[] statuses;
  // By group: how often it has entered CHANGE, so that an old alarm does not end a later one.
  private final int[] changesEntered;

  AnaPort(Reactor home, int portId, int count, AnaState initialState) {
    this.home = home;
    this.portId = portId;
    changesEntered = new int[count];
    var states = Collections.nCopies(count, initialState);
    publish(new Snapshot(0, states, Collections.nCopies(count, 0L)));
  }

  public int portId() {
    return portId;
  }

  /**
   * What a command to a namespace of the group is to be answered with: success where it may be
   * executed, else a path related status. For every command; one volatile read.
   */
  public int status(int groupId) {
    return statuses[groupId - 1];
  }

  public AnaState state(int groupId) {
    return snapshot.state(groupId);
  }

  public Snapshot snapshot() {
    return snapshot;
  }

  public Subscription subscribe(Reactor reactor, EventSource.Listener<AnaChanged> listener) {
    return events.subscribe(reactor, listener);
  }

  /**
   * Changes a group's state and tells the listeners. Commands in flight are not touched.
   *
   * @return whether it was another state before
   * @throws IndexOutOfBoundsException if there is no such group
   * @throws IllegalStateException if the group is lost for good
   */
  public synchronized boolean change(int groupId, AnaState to) {
    Objects.checkIndex(groupId - 1, statuses.length);
    AnaState from = snapshot.state(groupId);
    if (from == to) {
      return false;
    }
    if (from == AnaState.PERSISTENT_LOSS) {
      throw new IllegalStateException(
          "ANA group " + groupId + " is lost for good at portal " + portId + ": no way to " + to);
    }
    publish(changed(groupId, to));
    events.publish(new AnaChanged(portId, groupId, from, to));
    if (to == AnaState.CHANGE) {
      watchChange(groupId, ++changesEntered[groupId - 1]);
    }
    return true;
  }

  private void watchChange(int groupId, int entered) {
    long limitNanos = TimeUnit.SECONDS.toNanos(AnaGroups.ANATT_SECONDS);
    home.execute(() -> home.timers().schedule(limitNanos, () -> endChange(groupId, entered)));
  }

  synchronized void membershipChanged(int groupId) {
    publish(changed(groupId, snapshot.state(groupId)));
  }

  private synchronized void endChange(int groupId, int entered) {
    if (state(groupId) == AnaState.CHANGE && changesEntered[groupId - 1] == entered) {
      change(groupId, AnaState.INACCESSIBLE);
    }
  }

  private Snapshot changed(int groupId, AnaState to) {
    long count = snapshot.changeCount() + 1;
    var states = new ArrayList<>(snapshot.states());
    var lastChanges = new ArrayList<>(snapshot.lastChanges());
    states.set(groupId - 1, to);
    lastChanges.set(groupId - 1, count);
    return new Snapshot(count, states, lastChanges);
  }

  private void publish(Snapshot next) {
    snapshot = next;
    statuses = next.states().stream().mapToInt(AnaState::status).toArray();
  }
}
