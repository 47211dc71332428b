package io.dnvme.initiator;

import io.dnvme.nvme.Nqn;
import java.util.UUID;

/**
 * Who this host is for all targets.
 *
 * @param nqn host NQN
 * @param id host identifier; two hosts must not share one
 */
public record HostIdentity(String nqn, UUID id) {

  public HostIdentity {
    if (!Nqn.isValid(nqn)) {
      throw new IllegalArgumentException("'" + nqn + "' is no NQN");
    }
  }

  /** The identity that follows from a UUID alone, as nvme-cli makes it. */
  public static HostIdentity of(UUID id) {
    return new HostIdentity(Nqn.ofUuid(id), id);
  }
}
