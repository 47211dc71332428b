package io.dnvme.transport;

import io.dnvme.block.Reactor;
import io.dnvme.nvme.connection.CloseReason;
import io.dnvme.nvme.connection.ConnectionRules;
import io.netty.channel.epoll.LinuxSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.pekko.stream.Materializer;

/**
 * Connections of a process, in and out, as streams on its reactors. From any thread unless said
 * otherwise.
 *
 * <p>The materializer belongs to an actor system made with {@link Reactors#setUp}. Close this
 * first, then that system, then the reactors.
 */
public final class Transport {

  private final Reactors reactors;
  private final Materializer materializer;
  private final TransportSettings settings;
  private final PlacedConnections placed;
  private final Set<Listener> listeners = ConcurrentHashMap.newKeySet();
  private volatile boolean closing;

  public Transport(Reactors reactors, Materializer materializer, TransportSettings settings) {
    this.reactors = reactors;
    this.materializer = materializer;
    this.settings = settings;
    placed = new PlacedConnections(reactors.count(), settings.maxConnections());
  }

  public Reactors reactors() {
    return reactors;
  }

  /**
   * Accepts connections on {@code address}, port 0 for a free one, and places each on the reactor
   * with the fewest.
   *
   * @throws IOException where the address cannot be had; names it
   */
  public Listener listen(InetSocketAddress address, AcceptedRules rules) throws IOException {
    return listen(address, rules, new LeastConnections());
  }

  /** Accepts connections on {@code address} and places each as {@code placement} says. */
  public Listener listen(InetSocketAddress address, AcceptedRules rules, Placement placement)
      throws IOException {
    if (closing) {
      throw new IOException("cannot listen on " + address + ": the transport is closing");
    }
    Listener listener = Listener.open(this, address, rules, placement);
    listeners.add(listener);
    return listener;
  }

  /**
   * Connects to {@code remote} and has {@code reactor}, one of this transport's, carry the
   * connection. Either {@code rules} are opened or {@code failure} is told.
   *
   * @param timeLimitNanos after which it has failed
   */
  public void connect(
      Reactor reactor,
      InetSocketAddress remote,
      long timeLimitNanos,
      ConnectionRules rules,
      ConnectFailure failure) {
    EpollReactor carrier = reactors.get(reactor.index());
    carrier.execute(
        () -> new Connecting(this, carrier, remote, rules, failure).start(timeLimitNanos));
  }

  /**
   * Stops accepting and ends all connections, incoming and outgoing. Those that are being made
   * fail.
   *
   * @return done when all are gone
   */
  public CompletionStage<Void> close() {
    closing = true;
    CompletableFuture<?>[] ends =
        listeners.stream()
            .map(listener -> listener.close().toCompletableFuture())
            .toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(ends).thenCompose(done -> endConnections());
  }

  private CompletionStage<Void> endConnections() {
    return CompletableFuture.allOf(
        reactors.all().stream()
            .map(reactor -> {
              CompletableFuture<Void> empty = new CompletableFuture<>();
              reactor.execute(() -> {
                reactor.queuePairs().closeAll(CloseReason.SHUTDOWN);
                reactor.queuePairs().whenEmpty(() -> empty.complete(null));
              });
              return empty;
            })
            .toArray(CompletableFuture<?>[]::new));
  }

  /** No connection may begin any more. */
  boolean isClosing() {
    return closing;
  }

  TransportSettings settings() {
    return settings;
  }

  PlacedConnections placed() {
    return placed;
  }

  void closed(Listener listener) {
    listeners.remove(listener);
  }

  /** A queue pair, not open yet, on a connected socket that was counted as placed. */
  QueuePair queuePair(
      EpollReactor reactor,
      LinuxSocket socket,
      InetSocketAddress local,
      InetSocketAddress remote,
      ConnectionRules rules,
      Consumer<QueuePair> whenGone) {
    return new QueuePair(
        reactor,
        socket,
        local,
        remote,
        rules,
        settings.lingerNanos(),
        queuePair -> {
          placed.gone(reactor.index());
          whenGone.accept(queuePair);
        });
  }

  /** Starts the stream of {@code queuePair}; on its reactor. */
  void open(QueuePair queuePair) {
    queuePair.open(materializer);
  }

  /** A connection that this side has made is there; on its reactor. */
  void connected(
      EpollReactor reactor, LinuxSocket socket, InetSocketAddress remote, ConnectionRules rules) {
    placed.placed(reactor.index());
    open(queuePair(reactor, socket, socket.localAddress(), remote, rules, gone -> {}));
  }
}
