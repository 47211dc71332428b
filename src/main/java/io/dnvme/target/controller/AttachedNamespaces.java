package io.dnvme.target.controller;

import io.dnvme.target.reservation.ReservationListener;
import io.dnvme.target.reservation.ReservationNotice;
import io.dnvme.target.reservation.Reservations;
import io.dnvme.target.subsystem.Namespace;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The namespaces that a controller's I/O queues may use: a namespace's reservations know the
 * controller before its first command for the namespace, and until its last one is over. On the
 * controller's reactor.
 */
final class AttachedNamespaces {

  private record Attached(Reservations reservations, Reservations.Attachment attachment) {}

  private final IoController controller;
  private final Map<Integer, Attached> attachments = new HashMap<>();
  private Namespace[] byNsid = new Namespace[0];

  AttachedNamespaces(IoController controller) {
    this.controller = controller;
  }

  /** Namespace n at index n - 1; not changed afterwards. */
  Namespace[] byNsid() {
    return byNsid;
  }

  void replaceAll(List<Namespace> namespaces) {
    namespaces.forEach(this::add);
  }

  /**
   * Attaches a namespace. One that is attached may be told of once more: it was found when the
   * controller was made, and its addition published later.
   */
  void add(Namespace namespace) {
    int nsid = namespace.nsid();
    Reservations reservations = namespace.reservations();
    Attached before = attachments.get(nsid);
    if (before != null && before.reservations() == reservations) {
      // It goes on answering for what is in flight.
      return;
    }
    Reservations.Attachment attachment =
        reservations.attach(controller.home(), controller.hostId(), new Listener(namespace));
    attachments.put(nsid, new Attached(reservations, attachment));
    if (before != null) {
      before.attachment().detach();
    }
    set(nsid, namespace);
  }

  void resize(Namespace namespace) {
    set(namespace.nsid(), namespace);
  }

  /**
   * Detaches a namespace; what is in flight comes to its end. First no queue sees it any more: else
   * further commands would come while those that there are are awaited.
   */
  void remove(Namespace namespace) {
    Attached gone = attachments.remove(namespace.nsid());
    set(namespace.nsid(), null);
    controller.publishView();
    if (gone != null) {
      controller.awaitInFlight(namespace, gone.attachment()::detach);
    }
  }

  /** Nothing is in flight any more. */
  void detachAll() {
    attachments.values().forEach(attached -> attached.attachment().detach());
    attachments.clear();
  }

  private void set(int nsid, Namespace namespace) {
    byNsid = Arrays.copyOf(byNsid, Math.max(byNsid.length, nsid));
    byNsid[nsid - 1] = namespace;
  }

  private final class Listener implements ReservationListener {
    private final Namespace namespace;

    Listener(Namespace namespace) {
      this.namespace = namespace;
    }

    @Override
    public void notified(ReservationNotice.Kind kind) {
      controller.notifications().add(namespace.nsid(), kind);
    }

    /**
     * What a device has is awaited rather than aborted: no device takes a command back. What none
     * has yet meets the conflict when it is executed.
     */
    @Override
    public void preempted(boolean abortsCommands, Runnable gone) {
      controller.awaitInFlight(namespace, gone);
    }
  }
}
