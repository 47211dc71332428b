package io.dnvme.transport;

import io.dnvme.block.Timers.Timer;
import io.dnvme.nvme.connection.ConnectionRules;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.epoll.LinuxSocket;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection on its way to a peer. Ends once: as a stream, or with {@link ConnectFailure}. On the
 * reactor that is to carry it.
 */
final class Connecting extends ReadyHandle {

  private static final Logger log = LoggerFactory.getLogger(Connecting.class);

  private final Transport transport;
  private final EpollReactor reactor;
  private final InetSocketAddress remote;
  private final ConnectionRules rules;
  private final ConnectFailure failure;
  private LinuxSocket socket;
  private IoRegistration registration;
  private Timer timeLimit;
  private boolean over;

  Connecting(
      Transport transport,
      EpollReactor reactor,
      InetSocketAddress remote,
      ConnectionRules rules,
      ConnectFailure failure) {
    super(reactor);
    this.transport = transport;
    this.reactor = reactor;
    this.remote = remote;
    this.rules = rules;
    this.failure = failure;
  }

  void start(long timeLimitNanos) {
    try {
      if (transport.isClosing()) {
        throw new IOException("the transport is closing");
      }
      if (remote.isUnresolved()) {
        throw new IOException("no such host");
      }
      socket = LinuxSocket.newSocketStream(remote.getAddress() instanceof Inet6Address);
      socket.setTcpNoDelay(true);
      if (socket.connect(remote)) {
        connected();
        return;
      }
      timeLimit = reactor.timers().schedule(timeLimitNanos, () -> timedOut(timeLimitNanos));
      registration = reactor.register(this);
      registration.submit(EpollIoOps.EPOLLOUT);
    } catch (IOException e) {
      failed(e);
    } catch (UncheckedIOException e) {
      failed(e.getCause());
    }
  }

  @Override
  public FileDescriptor fd() {
    return socket;
  }

  @Override
  void failed(Throwable e) {
    log.error("connecting to {} failed", remote, e);
    failed(new IOException(e.toString(), e));
  }

  @Override
  void ready(int what) {
    if (over) {
      return;
    }
    try {
      if (socket.finishConnect()) {
        connected();
      }
    } catch (IOException e) {
      failed(e);
    }
  }

  /** The event loop ends. */
  @Override
  public void close() {
    failed(new IOException("the reactor is stopping"));
  }

  private void connected() throws IOException {
    if (transport.isClosing()) {
      throw new IOException("the transport is closing");
    }
    letGo();
    transport.connected(reactor, socket, remote, rules);
  }

  private void timedOut(long afterNanos) {
    failed(
        new IOException("no answer within " + TimeUnit.NANOSECONDS.toMillis(afterNanos) + " ms"));
  }

  private void failed(IOException cause) {
    if (over) {
      return;
    }
    letGo();
    if (socket != null) {
      try {
        socket.close();
      } catch (IOException e) {
        log.debug("closing a socket that did not connect failed", e);
      }
    }
    failure.connectFailed(
        new IOException("cannot connect to " + remote + ": " + cause.getMessage(), cause));
  }

  private void letGo() {
    over = true;
    if (timeLimit != null) {
      timeLimit.cancel();
    }
    if (registration != null) {
      registration.cancel();
    }
  }
}
