package io.dnvme.target.subsystem;

import java.util.UUID;

/**
 * Who a namespace is: equal on every path and after every failover, unique in the world, never used
 * again (NAMES). A host drops a namespace whose identifiers change.
 *
 * @param uuid not the nil UUID
 * @param nguid the 16 bytes of the NGUID in the order in which a UUID's text shows them; not zero
 * @param eui64 zero for none
 */
public record NamespaceIds(UUID uuid, UUID nguid, long eui64) {

  public static final long NO_EUI64 = 0;

  private static final UUID NIL = new UUID(0, 0);

  public NamespaceIds {
    if (uuid.equals(NIL) || nguid.equals(NIL)) {
      throw new IllegalArgumentException("a namespace's UUID and NGUID must not be zero");
    }
  }

  /** Whether a host could take one for the other. */
  public boolean collidesWith(NamespaceIds other) {
    return uuid.equals(other.uuid)
        || nguid.equals(other.nguid)
        || eui64 != NO_EUI64 && eui64 == other.eui64;
  }
}
