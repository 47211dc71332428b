package io.dnvme.ownership;

import java.util.Collection;
import java.util.UUID;
import java.util.function.Consumer;

/** Where a holder keeps its entries. Its identity is the holder's. */
public interface HolderStore {

  /** New for every store that is made, and never another's. */
  UUID identity();

  /** What it held when it was opened. */
  Collection<HolderEntry> entries();

  /**
   * Replaces and removes entries, each whole or not at all, and flushes once for all. The holder
   * has one write under way at a time.
   *
   * @param done once, on the holder's reactor: true when all is on the medium; false where that is
   *     not known, after which the holder says nothing more
   */
  void write(Collection<HolderEntry> changed, Collection<UUID> removed, Consumer<Boolean> done);
}
