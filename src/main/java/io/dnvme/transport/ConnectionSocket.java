package io.dnvme.transport;

import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.NotYetConnectedException;

/**
 * The socket of one connection and what epoll has said about it. Edge-triggered: what was reported
 * stays true until a call finds otherwise, so the steady state changes no interest and makes no
 * call in vain. On its reactor only.
 *
 * <p>A short receive means that nothing is left, save where the end of the stream or an error has
 * been reported: those come without a further edge and must be read up to. Room for output is asked
 * for when the socket was full, and for as long as that happens now and then: otherwise each edge
 * of input would say that there is room, too.
 */
final class ConnectionSocket extends ReadyHandle {

  /** Told of edges, on the reactor, outside of any stream. */
  interface Edges {
    /** There is something to receive: bytes, the end of the stream or an error. */
    void readable();

    /** There is room for output again. */
    void writable();

    /** The connection is broken or wholly over; nothing more can be sent. */
    void hungUp();

    /** One of these threw. */
    void failed(Throwable e);
  }

  /** After so many sends that found room the next full socket is not expected soon. */
  private static final int SENDS_UNTIL_NOISE = 256;

  private static final int HUNG_UP = 0x10;
  private static final int IN = EpollIoOps.EPOLLIN.value();
  private static final int OUT = EpollIoOps.EPOLLOUT.value();
  private static final int ERROR = EpollIoOps.EPOLLERR.value();
  private static final int PEER_ENDED = EpollIoOps.EPOLLRDHUP.value();

  private static final EpollIoOps INPUT =
      EpollIoOps.EPOLLIN.with(EpollIoOps.EPOLLRDHUP).with(EpollIoOps.EPOLLET);
  private static final EpollIoOps INPUT_AND_OUTPUT = INPUT.with(EpollIoOps.EPOLLOUT);

  private final EpollReactor reactor;
  private final Socket socket;
  private final Edges edges;
  private IoRegistration registration;
  private boolean readable;
  private boolean writable = true;
  private boolean toldToTheEnd;
  private boolean asksForRoom;
  private int sendsWithRoom;
  private boolean resetAtClose;
  private boolean closed;

  ConnectionSocket(EpollReactor reactor, Socket socket, Edges edges) {
    super(reactor);
    this.reactor = reactor;
    this.socket = socket;
    this.edges = edges;
  }

  /** Edges come from now on. */
  void open() throws IOException {
    try {
      registration = reactor.register(this);
      registration.submit(INPUT);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Whether receiving may find something. */
  boolean isReadable() {
    return readable;
  }

  /**
   * Receives into {@code buffer}, once.
   *
   * @return bytes received; 0: nothing there; -1: the peer has ended its side
   */
  int receive(ReceiveBuffer buffer) throws IOException {
    ReactorCounters counters = reactor.counters();
    counters.receiveCalls++;
    int received = buffer.receive(socket);
    if (received > 0) {
      counters.bytesIn += received;
    }
    if (received == 0 || !toldToTheEnd && !buffer.receivedInFull()) {
      readable = false;
    }
    return received;
  }

  /**
   * Sends what {@code list} names, as far as there is room.
   *
   * @return bytes sent; where they are fewer than {@code listedBytes}, {@link Edges#writable} comes
   */
  long send(GatherList list, long listedBytes) throws IOException {
    ReactorCounters counters = reactor.counters();
    counters.writeCalls++;
    long sent = socket.writevAddresses(list.address(), list.count());
    counters.bytesOut += sent;
    if (sent < listedBytes) {
      writable = false;
      sendsWithRoom = 0;
      askForRoom(true);
    } else if (asksForRoom && ++sendsWithRoom == SENDS_UNTIL_NOISE) {
      askForRoom(false);
    }
    return sent;
  }

  /** Tells the peer that nothing more comes. */
  void endOutput() throws IOException {
    try {
      socket.shutdown(false, true);
    } catch (NotYetConnectedException e) {
      // What the library makes of ENOTCONN: the peer has reset the connection meanwhile.
      throw new IOException("the peer has reset the connection", e);
    }
  }

  /** Closing drops what the kernel has not sent yet, and resets the connection. */
  void resetAtClose() {
    resetAtClose = true;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    readable = false;
    writable = false;
    if (registration != null) {
      registration.cancel();
    }
    try {
      if (resetAtClose) {
        socket.setSoLinger(0);
      }
      socket.close();
    } catch (IOException e) {
      // The descriptor is gone all the same: Linux frees it before it reports an error.
      return;
    }
  }

  @Override
  public FileDescriptor fd() {
    return socket;
  }

  @Override
  void failed(Throwable e) {
    edges.failed(e);
  }

  @Override
  void ready(int what) {
    if (closed) {
      return;
    }
    if ((what & (ERROR | HUNG_UP | PEER_ENDED)) != 0) {
      toldToTheEnd = true;
    }
    if ((what & (IN | ERROR | HUNG_UP | PEER_ENDED)) != 0) {
      readable = true;
      edges.readable();
    }
    if ((what & OUT) != 0 && !writable && !closed) {
      writable = true;
      edges.writable();
    }
    if ((what & (ERROR | HUNG_UP)) != 0 && !closed) {
      edges.hungUp();
    }
  }

  private void askForRoom(boolean ask) throws IOException {
    if (asksForRoom != ask) {
      asksForRoom = ask;
      try {
        registration.submit(ask ? INPUT_AND_OUTPUT : INPUT);
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
    }
  }
}
