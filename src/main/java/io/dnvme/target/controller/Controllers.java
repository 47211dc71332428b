package io.dnvme.target.controller;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * All controllers of this node, until nothing of them is in flight any more. From any thread; used
 * when queues and controllers come and go only.
 */
public final class Controllers {

  private record Key(String subsystemNqn, int cntlid) {}

  private final ConcurrentHashMap<Key, Controller> all = new ConcurrentHashMap<>();

  /** All controllers at this moment. */
  public Collection<Controller> all() {
    return List.copyOf(all.values());
  }

  public int count() {
    return all.size();
  }

  /** Identifiers of the subsystem's controllers, ascending. */
  List<Integer> cntlids(String subsystemNqn) {
    var ids = new ArrayList<Integer>();
    for (Key key : all.keySet()) {
      if (key.subsystemNqn().equals(subsystemNqn)) {
        ids.add(key.cntlid());
      }
    }
    ids.sort(null);
    return ids;
  }

  /** The I/O controller of that identifier, or null. */
  IoController find(String subsystemNqn, int cntlid) {
    return all.get(new Key(subsystemNqn, cntlid)) instanceof IoController controller
        ? controller
        : null;
  }

  void add(Controller controller) {
    all.put(new Key(controller.subsystemNqn(), controller.cntlid()), controller);
  }

  void remove(Controller controller) {
    all.remove(new Key(controller.subsystemNqn(), controller.cntlid()), controller);
  }
}
