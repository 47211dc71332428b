package io.dnvme.initiator;

import io.dnvme.nvme.IdentifyCommand;
import io.dnvme.nvme.IdentifyNamespace;
import io.dnvme.nvme.NamespaceDescriptors;
import io.dnvme.nvme.NamespaceList;
import io.dnvme.nvme.Status;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Finds out which namespaces a controller has, and who they are: the list of active ones, then for
 * each its descriptors and its data. One run per object, on the home reactor.
 */
final class NamespaceScan {

  /** More than one list holds is not looked at. */
  static final int MAX_NAMESPACES = NamespaceList.MAX_COUNT;

  private final AdminQueue admin;
  private final ControllerInfo controller;
  private final Consumer<Map<Integer, NamespaceInfo>> done;
  private final Consumer<String> failed;
  private final Map<Integer, NamespaceInfo> found = new LinkedHashMap<>();
  private NamespaceList list;

  /**
   * @param done gets the usable namespaces by id
   */
  NamespaceScan(
      AdminQueue admin,
      ControllerInfo controller,
      Consumer<Map<Integer, NamespaceInfo>> done,
      Consumer<String> failed) {
    this.admin = admin;
    this.controller = controller;
    this.done = done;
    this.failed = failed;
  }

  void start() {
    identify(
        IdentifyCommand.CNS_ACTIVE_NAMESPACES,
        0,
        reply -> {
          if (!reply.isSuccess()) {
            failed.accept("no list of namespaces: " + Status.describe(reply.status()));
            return;
          }
          list = new NamespaceList().wrap(reply.data(), 0);
          look(0);
        });
  }

  private void look(int index) {
    int nsid = index < MAX_NAMESPACES ? list.nsid(index) : 0;
    if (nsid == 0) {
      done.accept(found);
      return;
    }
    if (!controller.descriptors()) {
      look(index, nsid, null);
      return;
    }
    identify(
        IdentifyCommand.CNS_NAMESPACE_DESCRIPTORS,
        nsid,
        reply ->
            look(
                index,
                nsid,
                reply.isSuccess() ? new NamespaceDescriptors().wrap(reply.data(), 0) : null));
  }

  private void look(int index, int nsid, NamespaceDescriptors descriptors) {
    identify(
        IdentifyCommand.CNS_NAMESPACE,
        nsid,
        reply -> {
          if (reply.isSuccess()) {
            var data = new IdentifyNamespace().wrap(reply.data(), 0);
            NamespaceInfo info =
                NamespaceInfo.read(data, NamespaceIdentity.read(data, descriptors));
            if (info != null && RemoteNamespace.maxTransferBytes(info, controller) > 0) {
              found.put(nsid, info);
            }
          }
          look(index + 1);
        });
  }

  private void identify(int cns, int nsid, AdminQueue.Handler handler) {
    admin.send(
        (entry, cid) ->
            new IdentifyCommand().wrap(entry.segment(), entry.offset()).start(cid, cns, nsid),
        IdentifyCommand.DATA_SIZE,
        handler);
  }
}
