package io.dnvme.transport;

import io.dnvme.nvme.connection.CloseReason;
import io.netty.channel.epoll.LinuxSocket;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts connections on one address and hands each to the reactor where it is placed. Over the
 * limit of connections one is accepted and closed at once, so that the peer learns it now. From any
 * thread.
 */
public final class Listener {

  private static final Logger log = LoggerFactory.getLogger(Listener.class);

  private final Transport transport;
  private final LinuxSocket socket;
  private final InetSocketAddress address;
  private final AcceptedRules rules;
  private final Placement placement;
  private final AcceptLoop loop;
  private final Set<QueuePair> connections = ConcurrentHashMap.newKeySet();

  /** What keeps the listener from having ended: the accept loop and each connection. */
  private final AtomicInteger live = new AtomicInteger(1);

  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private volatile boolean closing;
  private volatile boolean full;

  private Listener(
      Transport transport, LinuxSocket socket, AcceptedRules rules, Placement placement) {
    this.transport = transport;
    this.socket = socket;
    this.address = socket.localAddress();
    this.rules = rules;
    this.placement = placement;
    loop = new AcceptLoop(transport.reactors().get(0), socket, this::accepted);
  }

  static Listener open(
      Transport transport, InetSocketAddress address, AcceptedRules rules, Placement placement)
      throws IOException {
    if (address.isUnresolved()) {
      throw new IOException("cannot listen on " + address.getHostString() + ": no such host");
    }
    LinuxSocket socket = LinuxSocket.newSocketStream(address.getAddress() instanceof Inet6Address);
    try {
      socket.setReuseAddress(true);
      socket.bind(address);
      socket.listen(transport.settings().acceptBacklog());
      Listener listener = new Listener(transport, socket, rules, placement);
      listener.loop.start();
      return listener;
    } catch (IOException e) {
      socket.close();
      throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
    }
  }

  /** Where it listens, with the port that it has got. */
  public InetSocketAddress address() {
    return address;
  }

  /** Connections that it has accepted and that are open. */
  public int connections() {
    return connections.size();
  }

  /**
   * Stops accepting and ends the connections that it has accepted, as {@link CloseReason#SHUTDOWN}.
   *
   * @return done when all are gone
   */
  public CompletionStage<Void> close() {
    if (!closing) {
      closing = true;
      transport.closed(this);
      loop.stop(this::oneLess);
      connections.forEach(Listener::end);
    }
    return ended;
  }

  /** On the accept loop's reactor. */
  private void accepted(int descriptor, InetSocketAddress remote) {
    LinuxSocket connection = LinuxSocket.newSocket(descriptor);
    PlacedConnections placed = transport.placed();
    if (!placed.tryAccept()) {
      if (!full) {
        full = true;
        log.warn(
            "{}.max-connections: {} are open, more are closed at once (now {} to {})",
            TransportSettings.PATH,
            placed.maxAccepted(),
            remote,
            address);
      }
      closeQuietly(connection);
      return;
    }
    full = false;
    EpollReactor reactor;
    try {
      reactor = transport.reactors().get(placement.reactorFor(remote, address, placed));
    } catch (RuntimeException | Error e) {
      placed.acceptedGone();
      closeQuietly(connection);
      throw e;
    }
    placed.placed(reactor.index());
    live.incrementAndGet();
    reactor.execute(() -> open(reactor, connection, remote));
  }

  /** On the connection's reactor. */
  private void open(EpollReactor reactor, LinuxSocket connection, InetSocketAddress remote) {
    QueuePair queuePair;
    try {
      if (closing) {
        throw new IOException("the listener is closing");
      }
      connection.setTcpNoDelay(true);
      InetSocketAddress local = connection.localAddress();
      queuePair =
          transport.queuePair(
              reactor, connection, local, remote, rules.accept(remote, local), this::gone);
    } catch (IOException e) {
      log.debug("connection of {} to {} was not taken on: {}", remote, address, e.getMessage());
      refuse(reactor, connection);
      return;
    } catch (RuntimeException | Error e) {
      log.error("connection of {} to {} could not be taken on", remote, address, e);
      refuse(reactor, connection);
      return;
    }
    connections.add(queuePair);
    transport.open(queuePair);
    if (closing) {
      queuePair.end(CloseReason.SHUTDOWN);
    }
  }

  private void refuse(EpollReactor reactor, LinuxSocket connection) {
    closeQuietly(connection);
    transport.placed().gone(reactor.index());
    transport.placed().acceptedGone();
    oneLess();
  }

  /** On the connection's reactor. */
  private void gone(QueuePair queuePair) {
    connections.remove(queuePair);
    transport.placed().acceptedGone();
    oneLess();
  }

  private void oneLess() {
    if (live.decrementAndGet() == 0) {
      ended.complete(null);
    }
  }

  private static void end(QueuePair queuePair) {
    queuePair.reactor().execute(() -> queuePair.end(CloseReason.SHUTDOWN));
  }

  private static void closeQuietly(LinuxSocket connection) {
    try {
      connection.close();
    } catch (IOException e) {
      log.debug("closing a refused connection failed", e);
    }
  }

  @Override
  public String toString() {
    return "listener on " + address;
  }
}
