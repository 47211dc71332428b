package io.dnvme.initiator;

import io.dnvme.block.ManualReactor;
import io.dnvme.block.Reactor;
import io.dnvme.nvme.PduFramer;
import io.dnvme.nvme.connection.CloseReason;
import io.dnvme.nvme.connection.ConnectionPort;
import io.dnvme.nvme.connection.ConnectionRules;
import io.dnvme.nvme.connection.OutgoingPdus;
import io.dnvme.nvme.connection.ReceivedPdus;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Carries one side's rules in memory, on a reactor of virtual time: the bytes they send are framed
 * as their peer would and handed to the test; what the test sends is framed as transport does.
 */
final class Wire implements ConnectionPort {

  /** What sits at the other end. */
  interface Peer {
    /** The rules sent a PDU; {@code pdu} is a copy. */
    void received(Wire wire, int type, MemorySegment pdu);

    /** The rules ended the connection. */
    default void closed(Wire wire) {}
  }

  private static final int RECEIVE_BYTES = 1 << 20;

  private final ManualReactor reactor;
  private final ConnectionRules rules;
  private final Peer peer;
  private final OutgoingPdus batch = new OutgoingPdus(Arena.ofAuto());
  private final Arena arena = Arena.ofAuto();
  private final MemorySegment input = arena.allocate(RECEIVE_BYTES);
  private final ReceivedPdus framed = new ReceivedPdus();
  private final Deque<Runnable> held = new ArrayDeque<>();
  private final List<Integer> batchSizes = new ArrayList<>();

  /** How the peer frames what it gets; a test that agrees on digests tells it. */
  final PduFramer peerFramer = new PduFramer(PduFramer.Role.CONTROLLER);

  private int inputEnd;
  private boolean filling;
  private boolean closed;
  private boolean holdsWritten;
  private boolean stalled;

  Wire(ManualReactor reactor, ConnectionRules rules, Peer peer) {
    this.reactor = reactor;
    this.rules = rules;
    this.peer = peer;
    peerFramer.maxDataBytes(1 << 20);
  }

  void open() {
    reactor.run(() -> rules.opened(this));
  }

  boolean isClosed() {
    return closed;
  }

  /** PDUs in each gathered write so far. */
  List<Integer> batchSizes() {
    return batchSizes;
  }

  /** From now on the memory of outgoing batches stays in use until {@link #releaseWritten}. */
  void holdWritten() {
    holdsWritten = true;
  }

  void releaseWritten() {
    holdsWritten = false;
    while (!held.isEmpty()) {
      reactor.run(held.removeFirst());
    }
  }

  /** From now on the socket takes nothing. */
  void stall() {
    stalled = true;
  }

  /** Bytes from the peer arrive, in whatever pieces. */
  void deliver(MemorySegment bytes) {
    if (closed) {
      return;
    }
    MemorySegment.copy(bytes, 0, input, inputEnd, bytes.byteSize());
    inputEnd += (int) bytes.byteSize();
    reactor.run(this::frame);
  }

  /** The connection ends, and not by the rules' will. */
  void cut(CloseReason reason) {
    if (!closed) {
      closed = true;
      reactor.run(() -> rules.closed(reason));
    }
  }

  @Override
  public Reactor reactor() {
    return reactor;
  }

  @Override
  public InetSocketAddress localAddress() {
    return new InetSocketAddress("127.0.0.1", 1);
  }

  @Override
  public InetSocketAddress remoteAddress() {
    return new InetSocketAddress("127.0.0.1", 2);
  }

  @Override
  public void outputReady() {
    if (!filling) {
      filling = true;
      reactor.execute(this::drain);
    }
  }

  @Override
  public void inputWanted() {
    reactor.execute(this::frame);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      reactor.execute(() -> {
        peer.closed(this);
        rules.closed(CloseReason.BY_RULES);
      });
    }
  }

  @Override
  public void abort() {
    close();
  }

  private void drain() {
    filling = false;
    while (!closed && !stalled) {
      var out = holdsWritten ? new OutgoingPdus(Arena.ofAuto()) : batch;
      rules.fill(out);
      if (out.isEmpty()) {
        return;
      }
      boolean last = out.isLast();
      MemorySegment bytes = arena.allocate(out.ranges().lengthBytes());
      out.ranges().copyTo(bytes, 0);
      if (holdsWritten) {
        held.add(out::releaseAll);
      } else {
        out.releaseAll();
        out.reset();
      }
      handOver(bytes);
      if (last) {
        close();
      }
    }
  }

  private void handOver(MemorySegment bytes) {
    long at = 0;
    int pdus = 0;
    while (at < bytes.byteSize()) {
      PduFramer.Outcome outcome = peerFramer.frame(bytes, at, bytes.byteSize());
      if (outcome != PduFramer.Outcome.WHOLE) {
        throw new AssertionError(
            "the host sent a bad PDU: "
                + outcome
                + " fes "
                + peerFramer.fes()
                + " fei "
                + peerFramer.fei()
                + " type "
                + peerFramer.type());
      }
      if (!peerFramer.isDataDigestRight(bytes, at)) {
        throw new AssertionError("the host sent a wrong data digest");
      }
      MemorySegment pdu = bytes.asSlice(at, peerFramer.plen());
      pdus++;
      at += peerFramer.plen();
      peer.received(this, peerFramer.type(), pdu);
    }
    batchSizes.add(pdus);
  }

  private void frame() {
    int from = 0;
    boolean more = true;
    while (more && !closed) {
      framed.reset(input);
      more = false;
      PduFramer.Outcome outcome = PduFramer.Outcome.INCOMPLETE;
      while (!framed.isFull() && from < inputEnd) {
        outcome = rules.framer().frame(input, from, inputEnd);
        if (outcome != PduFramer.Outcome.WHOLE) {
          break;
        }
        framed.add(from, (int) rules.framer().plen());
        from += (int) rules.framer().plen();
        if (rules.framer().type() <= 1) {
          more = true;
          break;
        }
      }
      if (framed.size() > 0) {
        rules.received(framed, 0);
      }
      if (outcome == PduFramer.Outcome.FAULT) {
        framed.reset(input);
        rules.malformed(rules.framer().fes(), rules.framer().fei(), framed, from, inputEnd - from);
        from = inputEnd;
      }
    }
    MemorySegment.copy(input, from, input, 0, inputEnd - from);
    inputEnd -= from;
  }
}
