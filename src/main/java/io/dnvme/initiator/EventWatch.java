package io.dnvme.initiator;

import io.dnvme.nvme.AdminOpcode;
import io.dnvme.nvme.AnaGroupDescriptor;
import io.dnvme.nvme.AnaLog;
import io.dnvme.nvme.AsyncEvent;
import io.dnvme.nvme.GetLogPageCommand;
import io.dnvme.nvme.LogPage;
import io.dnvme.nvme.NamespaceList;
import java.util.HashMap;
import java.util.Map;

/**
 * Keeps one Asynchronous Event Request armed for the life of an association, and reads the log page
 * that an event names, which is what lets the controller send the next of its kind (NVMe Base 2.0
 * §5.2). On the home reactor.
 */
final class EventWatch {

  /** Told on the home reactor. */
  interface Listener {
    /** An event came, of whatever kind. */
    void happened();

    /** Namespaces came, went or changed. */
    void namespacesChanged();

    /** ANA states by group. */
    void anaChanged(Map<Long, Integer> states);

    /** A discovery controller's log page changed. */
    void discoveryChanged();
  }

  /** Room for the ANA log without namespace ids: at most as many groups are looked at. */
  static final int MAX_ANA_GROUPS = 128;

  private static final int ANA_LOG_BYTES = AnaLog.SIZE + MAX_ANA_GROUPS * AnaGroupDescriptor.SIZE;

  private static final int OTHER_LOG_BYTES = 512;

  private final AdminQueue admin;
  private final Listener listener;

  EventWatch(AdminQueue admin, Listener listener) {
    this.admin = admin;
    this.listener = listener;
  }

  void arm() {
    admin.sendWithoutTimeout(
        (entry, cid) -> entry.start(AdminOpcode.ASYNC_EVENT_REQUEST, cid), this::happened);
  }

  /** Reads the ANA log. */
  void readAna() {
    readLog(
        LogPage.ASYMMETRIC_NAMESPACE_ACCESS,
        AnaLog.LSP_GROUPS_ONLY,
        ANA_LOG_BYTES,
        reply -> {
          if (reply.isSuccess()) {
            listener.anaChanged(groups(reply));
          }
        });
  }

  private void happened(AdminQueue.Reply reply) {
    if (!reply.isSuccess()) {
      return;
    }
    listener.happened();
    arm();
    int event = (int) reply.result();
    if (event == AsyncEvent.NAMESPACE_ATTRIBUTE_CHANGED) {
      readLog(
          LogPage.CHANGED_NAMESPACE_LIST,
          0,
          NamespaceList.SIZE,
          read -> listener.namespacesChanged());
    } else if (event == AsyncEvent.ANA_CHANGE) {
      readAna();
    } else if (event == AsyncEvent.DISCOVERY_LOG_CHANGE) {
      listener.discoveryChanged();
    } else {
      readLog(AsyncEvent.LOG_PAGE.get(event), 0, OTHER_LOG_BYTES, read -> {});
    }
  }

  private void readLog(int lid, int lsp, int bytes, AdminQueue.Handler handler) {
    admin.send(
        (entry, cid) ->
            new GetLogPageCommand()
                .wrap(entry.segment(), entry.offset())
                .start(cid, lid, 0, bytes)
                .lsp(lsp),
        bytes,
        handler);
  }

  /** A log that is cut, or states more than is there, is read as far as it goes. */
  private static Map<Long, Integer> groups(AdminQueue.Reply reply) {
    var states = new HashMap<Long, Integer>();
    long count = new AnaLog().wrap(reply.data(), 0).get(AnaLog.NAGD);
    long at = AnaLog.SIZE;
    var group = new AnaGroupDescriptor();
    for (int i = 0; i < count && at + AnaGroupDescriptor.SIZE <= ANA_LOG_BYTES; i++) {
      group.wrap(reply.data(), at);
      states.put(
          group.get(AnaGroupDescriptor.AGID), (int) group.get(AnaGroupDescriptor.STATE) & 0xf);
      at += AnaGroupDescriptor.SIZE + 4 * Math.min(group.get(AnaGroupDescriptor.NNV), 1 << 20);
    }
    return states;
  }
}
