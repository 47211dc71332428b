package io.dnvme.target.reservation;

import java.util.UUID;

/**
 * A host that has registered.
 *
 * @param hostId the host's 128-bit identifier, as given to Connect
 * @param key its reservation key, not zero
 */
public record Registrant(UUID hostId, long key) {}
