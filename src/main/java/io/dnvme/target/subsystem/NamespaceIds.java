package io.dnvme.target.subsystem;

import java.util.UUID;

/**
 * Who a namespace is: equal on every path and after every failover, unique in the world, never used
 * again (NAMES). A host drops a namespace whose identifiers change.
 *
 * @param uuid not the nil UUID
 * @param nguid not zero
 * @param eui64 zero for none
 */
public record NamespaceIds(UUID uuid, Nguid nguid, long eui64) {

  public static final long NO_EUI64 = 0;

  public NamespaceIds {
    if (uuid.getMostSignificantBits() == 0 && uuid.getLeastSignificantBits() == 0) {
      throw new IllegalArgumentException("a namespace's UUID must not be nil");
    }
    if (nguid.isZero()) {
      throw new IllegalArgumentException("a namespace's NGUID must not be zero");
    }
  }

  /** Whether a host could take one for the other. */
  public boolean collidesWith(NamespaceIds other) {
    return uuid.equals(other.uuid)
        || nguid.equals(other.nguid)
        || eui64 != NO_EUI64 && eui64 == other.eui64;
  }
}
