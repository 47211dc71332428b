package io.dnvme.transport;

import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.NativeInetAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes connections from a listening socket, some in each turn. Where the machine has no
 * descriptors or memory for more, it rests for a while instead of asking in vain: the kernel goes
 * on queueing. On its reactor, save {@link #start} and {@link #stop}.
 */
final class AcceptLoop extends ReadyHandle {

  /** Told of each connection; owns its descriptor from then on. */
  @FunctionalInterface
  interface Accepted {
    void accepted(int descriptor, InetSocketAddress remote);
  }

  /** Connections taken in one turn; then those that exist have theirs. */
  static final int MAX_ACCEPTS_PER_TURN = 64;

  /** How long it rests when the machine refuses. */
  static final long REST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final Logger log = LoggerFactory.getLogger(AcceptLoop.class);

  private static final int NONE_WAITING = -1;
  private static final int EPROTO = 71;
  private static final int ECONNABORTED = 103;
  private static final int LARGEST_ADDRESS_BYTES = 26;

  private static final EpollIoOps TAKING = EpollIoOps.EPOLLIN;

  /** An event that a listening socket never has; an empty interest could not be changed again. */
  private static final EpollIoOps RESTING = EpollIoOps.EPOLLRDHUP;

  private final EpollReactor reactor;
  private final LinuxSocket socket;
  private final Accepted accepted;
  private final Runnable takeAgain = this::takeAgain;
  private final byte[] remote = new byte[LARGEST_ADDRESS_BYTES];
  private IoRegistration registration;
  private boolean refused;

  AcceptLoop(EpollReactor reactor, LinuxSocket socket, Accepted accepted) {
    super(reactor);
    this.reactor = reactor;
    this.socket = socket;
    this.accepted = accepted;
  }

  /**
   * Begins. From any thread that is not a reactor's: waits.
   *
   * @throws IOException where the reactor cannot wait for the socket, which is closed then
   */
  void start() throws IOException {
    var started = new CompletableFuture<Void>();
    reactor.execute(() -> {
      try {
        registration = reactor.register(this);
        registration.submit(TAKING);
        started.complete(null);
      } catch (UncheckedIOException e) {
        close();
        started.completeExceptionally(e.getCause());
      } catch (RuntimeException | Error e) {
        close();
        started.completeExceptionally(e);
      }
    });
    try {
      started.join();
    } catch (CompletionException e) {
      throw new IOException(
          reactor + " cannot wait for connections: " + e.getCause(), e.getCause());
    }
  }

  /** Closes the socket and then runs {@code whenStopped}; from any thread. */
  void stop(Runnable whenStopped) {
    reactor.execute(() -> {
      close();
      whenStopped.run();
    });
  }

  @Override
  public FileDescriptor fd() {
    return socket;
  }

  @Override
  void failed(Throwable e) {
    log.error("accepting on {} failed", socket.localAddress(), e);
  }

  @Override
  void ready(int what) {
    for (int i = 0; i < MAX_ACCEPTS_PER_TURN && socket.isOpen(); i++) {
      try {
        int descriptor = socket.accept(remote);
        if (descriptor == NONE_WAITING) {
          return;
        }
        refused = false;
        accepted.accepted(descriptor, NativeInetAddress.address(remote, 1, remote[0]));
      } catch (IOException e) {
        if (!isOfOneConnection(e)) {
          rest(e);
          return;
        }
      }
    }
  }

  @Override
  public void close() {
    if (registration != null) {
      registration.cancel();
    }
    try {
      socket.close();
    } catch (IOException e) {
      log.debug("closing a listening socket failed", e);
    }
  }

  private static boolean isOfOneConnection(IOException e) {
    return e instanceof NativeIoException failure
        && (failure.expectedErr() == -ECONNABORTED || failure.expectedErr() == -EPROTO);
  }

  private void rest(IOException cause) {
    if (!refused) {
      refused = true;
      log.warn(
          "no connection can be accepted on {}, tried again every {} ms: {}",
          socket.localAddress(),
          TimeUnit.NANOSECONDS.toMillis(REST_NANOS),
          cause.getMessage());
    }
    registration.submit(RESTING);
    reactor.timers().schedule(REST_NANOS, takeAgain);
  }

  private void takeAgain() {
    if (socket.isOpen()) {
      registration.submit(TAKING);
    }
  }
}
