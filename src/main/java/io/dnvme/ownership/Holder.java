package io.dnvme.ownership;

import java.util.Objects;
import java.util.UUID;

/**
 * A node that keeps records: a disk node, or a witness.
 *
 * @param store the identity of its store: a node whose store is lost comes back as another holder
 * @param address where it was last known to listen, HOST:PORT; a hint, may be empty
 */
public record Holder(UUID store, String address) {

  public Holder {
    Objects.requireNonNull(store, "store");
    LegRecord.checkText("a holder's address", address, LegRecord.MAX_ADDRESS_BYTES);
  }
}
