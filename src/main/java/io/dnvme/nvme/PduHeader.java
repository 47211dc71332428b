package io.dnvme.nvme;

/** The common header alone, of a PDU whose type is not known yet. */
public final class PduHeader extends Pdu<PduHeader> {}
