package io.dnvme.target.ana;

import io.dnvme.block.Reactor;
import java.util.Map;
import java.util.TreeMap;

/**
 * The ANA groups of one subsystem, with a state for each at each portal (NVMe Base 2.0 §8.1).
 * Groups are numbered from 1 to their count, which is ANAGRPMAX and NANAGRPID.
 */
public final class AnaGroups {

  /** The most groups a subsystem can have. */
  public static final int MAX_GROUPS = 128;

  /** The most portals that states are kept for. */
  public static final int MAX_PORTALS = 256;

  /** ANATT: a group leaves {@link AnaState#CHANGE} within this time, if need be by itself. */
  public static final int ANATT_SECONDS = 10;

  private final Reactor home;
  private final int count;
  private final AnaState initialState;
  private final Map<Integer, AnaPort> ports = new TreeMap<>();

  /**
   * @param home its timer watches groups in change
   * @param count number of groups, 1 to {@link #MAX_GROUPS}
   * @param initialState of every group at a portal that is first heard of
   */
  public AnaGroups(Reactor home, int count, AnaState initialState) {
    if (count < 1 || count > MAX_GROUPS) {
      throw new IllegalArgumentException("1 to " + MAX_GROUPS + " ANA groups, not " + count);
    }
    this.home = home;
    this.count = count;
    this.initialState = initialState;
  }

  /** Number of groups. */
  public int count() {
    return count;
  }

  /**
   * The groups as seen through a portal; the same object whenever asked. Controllers ask when they
   * are made and keep it.
   *
   * @throws IllegalStateException if there are {@link #MAX_PORTALS} others
   */
  public synchronized AnaPort port(int portId) {
    AnaPort known = ports.get(portId);
    if (known != null) {
      return known;
    }
    if (ports.size() == MAX_PORTALS) {
      throw new IllegalStateException("ANA states for more than " + MAX_PORTALS + " portals");
    }
    var port = new AnaPort(home, portId, count, initialState);
    ports.put(portId, port);
    return port;
  }

  /**
   * Forgets a portal that is gone, so that its states' room is free again. A portal of that number
   * starts anew.
   */
  public synchronized void forget(int portId) {
    ports.remove(portId);
  }

  /**
   * Namespaces joined or left the group: the log's content is another one, but hosts hear of it by
   * the namespace event (NVMe Base 2.0 §5.2), not by an ANA change.
   */
  public synchronized void membershipChanged(int groupId) {
    for (AnaPort port : ports.values()) {
      port.membershipChanged(groupId);
    }
  }
}
