package io.dnvme.initiator;

import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The namespaces of one controller, over all its associations: each keeps its object as long as it
 * is who it was. Changed on the home reactor, read from any thread.
 */
final class NamespaceTable {

  private final ConcurrentSkipListMap<Integer, RemoteNamespace> byId =
      new ConcurrentSkipListMap<>();

  /** The namespace, or null where there is none of that id. */
  RemoteNamespace find(int nsid) {
    return byId.get(nsid);
  }

  /** By ascending id. */
  Collection<RemoteNamespace> all() {
    return byId.values();
  }

  /**
   * Takes over what a scan found. A namespace that is not who it was is gone: its data would be
   * another's.
   *
   * @param queues what new namespaces send their commands to
   * @param associations how many there were, the present one included
   */
  void take(
      Map<Integer, NamespaceInfo> found,
      ControllerInfo controller,
      QueueSet queues,
      int associations) {
    for (RemoteNamespace known : byId.values()) {
      NamespaceInfo now = found.get(known.nsid());
      if (now == null || !now.identity().equals(known.identity())) {
        known.goneForGood();
        byId.remove(known.nsid());
      } else {
        known.refresh(now, controller);
      }
    }
    found.forEach((nsid, now) ->
        byId.computeIfAbsent(nsid, id -> new RemoteNamespace(id, queues, now, controller))
            .associated(associations));
  }

  /** Takes over ANA states by group; groups that are not told of stay as they are. */
  void takeAna(Map<Long, Integer> states) {
    for (RemoteNamespace namespace : byId.values()) {
      Integer now = states.get(namespace.anaGroup());
      if (now != null) {
        namespace.anaState(now);
      }
    }
  }
}
