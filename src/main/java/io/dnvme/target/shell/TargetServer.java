package io.dnvme.target.shell;

import io.dnvme.target.controller.Target;
import io.dnvme.target.discovery.Portal;
import io.dnvme.target.discovery.Portals;
import io.dnvme.transport.Listener;
import io.dnvme.transport.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Listens for hosts of a {@link Target}, and ends their associations in good order. From any
 * thread.
 *
 * <pre>
 *   stop: portals leave the discovery log ─► no new associations ─► commands in flight are answered
 *         ─► associations end, or are cut after the time limit ─► listeners and the rest close
 * </pre>
 */
public final class TargetServer {

  private final Transport transport;
  private final Target target;
  private final Portals portals;
  private final List<Listener> listeners = new ArrayList<>();
  private final List<Portal> announced = new ArrayList<>();
  private CompletableFuture<Void> stopped;

  public TargetServer(Transport transport, Target target, Portals portals) {
    this.transport = transport;
    this.target = target;
    this.portals = portals;
  }

  /**
   * Listens on {@code address} (port 0 for a free one) and announces it.
   *
   * @param portId 1 to {@link Portal#MAX_PORT_ID}, each once
   * @param advertised what hosts are told instead of the address, or null
   * @param servesIo see {@link Portal}
   * @param announcesDiscovery see {@link Portal}
   * @throws IOException where the address cannot be had; names it
   * @throws IllegalArgumentException where the portal makes no sense
   */
  public synchronized Portal listen(
      int portId,
      InetSocketAddress address,
      InetAddress advertised,
      boolean servesIo,
      boolean announcesDiscovery)
      throws IOException {
    if (stopped != null) {
      throw new IOException("cannot listen on " + address + ": the target is stopping");
    }
    Listener listener = transport.listen(address, (remote, local) -> target.newConnection(portId));
    listeners.add(listener);
    var portal =
        new Portal(
            portId,
            listener.address().getAddress(),
            listener.address().getPort(),
            advertised,
            servesIo,
            announcesDiscovery);
    portals.add(portal);
    announced.add(portal);
    return portal;
  }

  /**
   * Stops; harmless when repeated.
   *
   * @param limitNanos how long commands in flight may take
   * @return done when nothing of any association is in flight and all connections are gone
   */
  public synchronized CompletionStage<Void> stop(long limitNanos) {
    if (stopped == null) {
      announced.forEach(portal -> portals.remove(portal.portId()));
      target.stop();
      var finished = new CompletableFuture<Void>();
      target.finish(controller -> true, limitNanos, () -> finished.complete(null));
      stopped = finished.thenCompose(done -> closeListeners());
    }
    return stopped;
  }

  private synchronized CompletionStage<Void> closeListeners() {
    return CompletableFuture.allOf(
        listeners.stream()
            .map(listener -> listener.close().toCompletableFuture())
            .toArray(CompletableFuture<?>[]::new));
  }
}
