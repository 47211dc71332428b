package io.dnvme.ownership;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * Which holders suffice: a majority of the set, and while the set is being changed a majority of
 * the next one as well (RECORD). Identities are those of the holders' stores, in the record's
 * order: the same seed must send the same messages in every process. Immutable.
 *
 * @param current the holders
 * @param next those that take their place, or empty
 */
record Quorum(Set<UUID> current, Set<UUID> next) {

  Quorum {
    current = Collections.unmodifiableSet(new LinkedHashSet<>(current));
    next = Collections.unmodifiableSet(new LinkedHashSet<>(next));
  }

  static Quorum of(List<Holder> current, List<Holder> next) {
    return new Quorum(stores(current), stores(next));
  }

  /** Every holder that has a vote in either set; in no particular order. */
  Set<UUID> all() {
    var all = new LinkedHashSet<>(current);
    all.addAll(next);
    return all;
  }

  /** Whether those for whom {@code vote} is true suffice. */
  boolean reachedBy(Predicate<UUID> vote) {
    return majority(current, vote) && (next.isEmpty() || majority(next, vote));
  }

  static boolean majority(Set<UUID> holders, Predicate<UUID> vote) {
    int votes = 0;
    for (UUID holder : holders) {
      if (vote.test(holder)) {
        votes++;
      }
    }
    return votes > holders.size() / 2;
  }

  private static Set<UUID> stores(List<Holder> holders) {
    var stores = new LinkedHashSet<UUID>();
    holders.forEach(holder -> stores.add(holder.store()));
    return stores;
  }
}
