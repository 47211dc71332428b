package io.dnvme.target.reservation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;

/**
 * Who has registered with a namespace and who holds its reservation; immutable.
 *
 * @param generation GEN: counts what changed registrations; wraps
 * @param registrants in the order of their registration, no host twice
 * @param type of the reservation that is held, null for none
 * @param holder the host that holds it; null where none is held and where all registrants hold it
 * @param persistent PTPL: all this survives a loss of power
 */
public record ReservationState(
    int generation,
    List<Registrant> registrants,
    ReservationType type,
    UUID holder,
    boolean persistent) {

  /** The most hosts that may be registered with a namespace. */
  public static final int MAX_REGISTRANTS = 256;

  public static final ReservationState NONE = new ReservationState(0, List.of(), null, null, false);

  public ReservationState {
    registrants = List.copyOf(registrants);
    if (registrants.size() > MAX_REGISTRANTS) {
      throw new IllegalArgumentException("more than " + MAX_REGISTRANTS + " registrants");
    }
    var hosts = new HashSet<UUID>();
    for (Registrant registrant : registrants) {
      if (registrant.key() == 0 || !hosts.add(registrant.hostId())) {
        throw new IllegalArgumentException("no key, or registered twice: " + registrant);
      }
    }
    boolean oneHolder = type != null && !type.isHeldByAllRegistrants();
    if (oneHolder != (holder != null)
        || holder != null && !hosts.contains(holder)
        || type != null && registrants.isEmpty()) {
      throw new IllegalArgumentException(
          "a reservation of type " + type + " held by " + holder + " among " + hosts);
    }
  }

  public boolean isHeld() {
    return type != null;
  }

  /** The host's registration, or null. */
  public Registrant find(UUID hostId) {
    for (Registrant registrant : registrants) {
      if (registrant.hostId().equals(hostId)) {
        return registrant;
      }
    }
    return null;
  }

  public boolean isRegistered(UUID hostId) {
    return find(hostId) != null;
  }

  /** Whether the host holds the reservation, alone or with all registrants. */
  public boolean isHolder(UUID hostId) {
    return isHeld()
        && (type.isHeldByAllRegistrants() ? isRegistered(hostId) : hostId.equals(holder));
  }

  ReservationState withNextGeneration() {
    return new ReservationState(generation + 1, registrants, type, holder, persistent);
  }

  ReservationState withPersistence(boolean value) {
    return new ReservationState(generation, registrants, type, holder, value);
  }

  /** With the host registered under this key, in its old place where it has one. */
  ReservationState withRegistrant(UUID hostId, long key) {
    var next = new ArrayList<>(registrants);
    next.remove(find(hostId));
    int place = isRegistered(hostId) ? registrants.indexOf(find(hostId)) : next.size();
    next.add(place, new Registrant(hostId, key));
    return new ReservationState(generation, next, type, holder, persistent);
  }

  /**
   * Without some registrants. A reservation whose holder is among them, or that no registrant is
   * left to hold, is released.
   */
  ReservationState without(List<Registrant> gone) {
    var left = new ArrayList<>(registrants);
    left.removeAll(gone);
    boolean released = left.isEmpty() || gone.stream().anyMatch(one -> one.hostId().equals(holder));
    return new ReservationState(
        generation, left, released ? null : type, released ? null : holder, persistent);
  }

  /** With a reservation of that type, which the host (a registrant) holds. */
  ReservationState heldBy(UUID hostId, ReservationType newType) {
    return new ReservationState(
        generation,
        registrants,
        newType,
        newType.isHeldByAllRegistrants() ? null : hostId,
        persistent);
  }

  ReservationState released() {
    return new ReservationState(generation, registrants, null, null, persistent);
  }
}
