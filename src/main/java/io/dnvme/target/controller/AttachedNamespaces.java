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

  private final IoController controller;
  private final Map<Integer, Reservations.Attachment> attachments = new HashMap<>();
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

  /** Attaches a namespace; harmless where it is. */
  void add(Namespace namespace) {
    int nsid = namespace.nsid();
    Reservations.Attachment attachment =
        namespace
            .reservations()
            .attach(controller.home(), controller.hostId(), new Listener(namespace));
    Reservations.Attachment before = attachments.put(nsid, attachment);
    if (before != null) {
      before.detach();
    }
    set(nsid, namespace);
  }

  void resize(Namespace namespace) {
    set(namespace.nsid(), namespace);
  }

  /** Detaches a namespace; what is in flight comes to its end. */
  void remove(Namespace namespace) {
    Reservations.Attachment attachment = attachments.remove(namespace.nsid());
    set(namespace.nsid(), null);
    if (attachment != null) {
      controller.awaitInFlight(namespace, attachment::detach);
    }
  }

  /** Nothing is in flight any more. */
  void detachAll() {
    attachments.values().forEach(Reservations.Attachment::detach);
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
