package io.dnvme.transport;

import io.dnvme.block.IoVector;
import io.dnvme.nvme.connection.OutgoingPdus;
import java.io.IOException;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.SinkShape;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;

/**
 * Batches to the socket, each with one gathered write where there is room. The next one is asked
 * for when the last byte is out.
 *
 * <pre>
 *              push                       all sent
 *   ASKING ──────────► SENDING ──────────────────────────► ASKING
 *                        │ no room                  ▲
 *                        ▼               room       │
 *                     WAITING ──────► SENDING ──────┘
 * </pre>
 *
 * <p>A borrowed batch that has to wait is copied aside first, so that its owners have their memory
 * back however slow the peer is.
 */
final class SocketSink extends GraphStage<SinkShape<OutgoingPdus>> {

  private final Inlet<OutgoingPdus> in = Inlet.create("SocketSink.in");
  private final SinkShape<OutgoingPdus> shape = SinkShape.of(in);
  private final QueuePair queuePair;

  SocketSink(QueuePair queuePair) {
    this.queuePair = queuePair;
  }

  @Override
  public SinkShape<OutgoingPdus> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  final class Logic extends QueuePairLogic {
    private final ConnectionSocket socket = queuePair.socket();
    private final EpollReactor reactor = queuePair.reactor();
    private final Runnable send = this::send;
    private final StreamEntry sendEntry = entry(send);
    private final Spill spill = new Spill(reactor.regions(), reactor.spillLimit());
    private IoVector pending;
    private long sentBytes;
    private boolean last;

    Logic() {
      super(shape, SocketSink.this.queuePair);
      setHandler(
          in,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              OutgoingPdus batch = grab(in);
              pending = batch.ranges();
              last = batch.isLast();
              sentBytes = 0;
              guarded(send);
            }
          });
    }

    @Override
    public void preStart() {
      super.preStart();
      pull(in);
    }

    @Override
    public void postStop() {
      pending = null;
      spill.release();
      super.postStop();
    }

    /** From the socket, outside of the stream. */
    void writable() {
      if (pending != null) {
        sendEntry.enter();
      }
    }

    private void send() {
      try {
        if (sendPending()) {
          sentAll();
        } else if (!spill.isInUse() && queuePair.outgoing().isBorrowed()) {
          copyAside();
        }
      } catch (IOException e) {
        queuePair.socketFailed(e);
        completeStage();
      }
    }

    /** Sends until all is out (true) or there is no room (false). */
    private boolean sendPending() throws IOException {
      GatherList list = reactor.gatherList();
      long left = pending.lengthBytes() - sentBytes;
      while (left > 0) {
        long listed = list.build(pending, sentBytes);
        long sent = socket.send(list, listed);
        sentBytes += sent;
        left -= sent;
        if (sent < listed) {
          return false;
        }
      }
      return true;
    }

    private void sentAll() throws IOException {
      pending = null;
      if (spill.isInUse()) {
        spill.release();
      } else {
        queuePair.outgoingDone();
      }
      reactor.counters().batchesOut++;
      if (last) {
        queuePair.linger();
        socket.endOutput();
        completeStage();
      } else {
        pull(in);
      }
    }

    private void copyAside() throws IOException {
      long left = pending.lengthBytes() - sentBytes;
      if (!spill.tryTake(pending, sentBytes)) {
        throw new IOException(
            "the peer is slow and the reactor's spill memory has no room for " + left + " bytes");
      }
      reactor.counters().spilledBytes += left;
      pending = spill.ranges();
      sentBytes = 0;
      queuePair.outgoingDone();
    }
  }
}
