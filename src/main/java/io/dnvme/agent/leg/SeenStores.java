package io.dnvme.agent.leg;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * The stores that a disk node was seen with since this process began: a record holder is its store,
 * and one that is not there any more may come back where it was (RECORD). Lives on the controller's
 * home reactor.
 */
final class SeenStores {

  /** Of more the oldest is forgotten: it is one that was never seen. */
  static final int MAX_STORES = 16;

  /**
   * @param forgets it is gone for good when the node's process ends
   * @param afterLasting the node had one before that is not
   */
  private record Seen(boolean forgets, boolean afterLasting) {}

  private final Map<UUID, Seen> seen = new LinkedHashMap<>();
  private UUID last;
  private long sinceNanos;

  /** The node answered, with this store. */
  void see(UUID store, boolean forgets, long nowNanos) {
    if (store.equals(last)) {
      return;
    }
    Seen before = seen.get(last);
    boolean afterLasting = before != null && (before.afterLasting || !before.forgets);
    seen.putIfAbsent(store, new Seen(forgets, afterLasting));
    last = store;
    sinceNanos = nowNanos;
    while (seen.size() > MAX_STORES) {
      seen.keySet().stream().filter(one -> !one.equals(last)).findFirst().ifPresent(seen::remove);
    }
  }

  /** The one it was seen with last, or null. */
  UUID last() {
    return last;
  }

  /** When it was first seen with that, after another one or none. */
  long sinceNanos() {
    return sinceNanos;
  }

  boolean has(UUID store) {
    return seen.containsKey(store);
  }

  /** Whether it is known to be gone, unless it is the last one. */
  boolean forgets(UUID store) {
    return has(store) && seen.get(store).forgets;
  }

  /** Whether the node had another one before, which may be there again. */
  boolean isAfterLasting(UUID store) {
    return has(store) && seen.get(store).afterLasting;
  }
}
