package io.dnvme.nvme;

/** A Fabrics command whose type is not known yet. */
public final class FabricsHeader extends FabricsCommand<FabricsHeader> {}
