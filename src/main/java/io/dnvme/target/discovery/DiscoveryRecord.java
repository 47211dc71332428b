package io.dnvme.target.discovery;

import io.dnvme.nvme.ConnectData;
import io.dnvme.nvme.DiscoveryEntry;
import io.dnvme.nvme.Nqn;
import java.lang.foreign.MemorySegment;

/** One entry of the discovery log: a subsystem at a portal, as one host is told. */
record DiscoveryRecord(
    int subtype, String nqn, int portId, int addressFamily, String address, int port) {

  static DiscoveryRecord discovery(Portal portal, int addressFamily, String address) {
    return new DiscoveryRecord(
        DiscoveryEntry.SUBTYPE_CURRENT_DISCOVERY,
        Nqn.DISCOVERY,
        portal.portId(),
        addressFamily,
        address,
        portal.port());
  }

  static DiscoveryRecord nvm(String nqn, Portal portal, int addressFamily, String address) {
    return new DiscoveryRecord(
        DiscoveryEntry.SUBTYPE_NVM, nqn, portal.portId(), addressFamily, address, portal.port());
  }

  /**
   * Writes the entry.
   *
   * @param adminQueueEntries ASQSZ
   */
  void write(MemorySegment target, long offset, int adminQueueEntries) {
    // Not "not required": libnvme takes that for an offer of TLS, and fails without a key.
    int treq =
        DiscoveryEntry.TREQ_SQ_FLOW_CONTROL_DISABLE.with(
            DiscoveryEntry.SECURE_CHANNEL_NOT_SPECIFIED, 1);
    // All our portals tell the same, so following these entries leads nowhere new.
    int eflags =
        subtype == DiscoveryEntry.SUBTYPE_CURRENT_DISCOVERY
            ? DiscoveryEntry.EFLAGS_DUPLICATE_RETURNED_INFORMATION
                | DiscoveryEntry.EFLAGS_PERSISTENT_CONNECTION
            : 0;
    new DiscoveryEntry()
        .wrap(target, offset)
        .start()
        .set(DiscoveryEntry.TRTYPE, DiscoveryEntry.TRTYPE_TCP)
        .set(DiscoveryEntry.ADRFAM, addressFamily)
        .set(DiscoveryEntry.SUBTYPE, subtype)
        .set(DiscoveryEntry.TREQ, treq)
        .set(DiscoveryEntry.PORTID, portId)
        .set(DiscoveryEntry.CNTLID, ConnectData.CNTLID_DYNAMIC)
        .set(DiscoveryEntry.ASQSZ, adminQueueEntries)
        .set(DiscoveryEntry.EFLAGS, eflags)
        .set(DiscoveryEntry.TRSVCID, Integer.toString(port))
        .set(DiscoveryEntry.SUBNQN, nqn)
        .set(DiscoveryEntry.TRADDR, address)
        .set(DiscoveryEntry.TSAS_SECTYPE, DiscoveryEntry.SECTYPE_NONE);
  }
}
