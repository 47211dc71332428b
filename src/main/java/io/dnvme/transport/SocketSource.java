package io.dnvme.transport;

import io.dnvme.block.Timers;
import io.dnvme.nvme.connection.CloseReason;
import java.io.IOException;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;

/**
 * Bytes from the socket, only when they are asked for: each element is the connection's receive
 * buffer with something new in it. Where this side has ended the connection in good order, what
 * still comes is thrown away until the peer has ended its side too, for the linger time at most;
 * else unread bytes would turn the end into a reset, and the peer might not see what was sent last.
 */
final class SocketSource extends GraphStage<SourceShape<ReceiveBuffer>> {

  /** Receives of one connection in one turn; then others have theirs. */
  static final int MAX_RECEIVES_PER_TURN = 4;

  private final Outlet<ReceiveBuffer> out = Outlet.create("SocketSource.out");
  private final SourceShape<ReceiveBuffer> shape = SourceShape.of(out);
  private final QueuePair queuePair;

  SocketSource(QueuePair queuePair) {
    this.queuePair = queuePair;
  }

  @Override
  public SourceShape<ReceiveBuffer> shape() {
    return shape;
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    return new Logic();
  }

  final class Logic extends QueuePairLogic {
    private final ConnectionSocket socket = queuePair.socket();
    private final ReceiveBuffer buffer = queuePair.receiveBuffer();
    private final StreamEntry receive = entry(this::receive);
    private boolean waiting;
    private boolean discarding;
    private long turn;
    private int receivesInTurn;
    private Timers.Timer lingerEnd;

    Logic() {
      super(shape, SocketSource.this.queuePair);
      setHandler(
          out,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              receive();
            }

            @Override
            public void onDownstreamFinish(Throwable cause) {
              downstreamFinished();
            }
          });
    }

    @Override
    public void preStart() {
      super.preStart();
      try {
        socket.open();
      } catch (IOException e) {
        queuePair.socketFailed(e);
        completeStage();
      }
    }

    @Override
    public void postStop() {
      if (lingerEnd != null) {
        lingerEnd.cancel();
      }
      super.postStop();
    }

    /** From the socket or the turn's end, outside of the stream. */
    void readable() {
      if (waiting) {
        receive.enter();
      }
    }

    private void receive() {
      waiting = true;
      if (!socket.isReadable()) {
        rest();
      } else if (!mayReceiveInThisTurn()) {
        queuePair.receiveLater();
      } else {
        receiveOnce();
      }
    }

    private void receiveOnce() {
      int received;
      try {
        received = socket.receive(buffer);
      } catch (IOException e) {
        queuePair.socketFailed(e);
        completeStage();
        return;
      }
      if (received < 0) {
        queuePair.ends(CloseReason.BY_PEER);
        completeStage();
      } else if (received == 0) {
        rest();
      } else if (discarding) {
        buffer.takenUpTo(buffer.end());
        queuePair.receiveLater();
      } else {
        waiting = false;
        push(out, buffer);
      }
    }

    /** Nothing comes for now: keep no memory but that of an unfinished PDU. */
    private void rest() {
      buffer.release();
      if (!buffer.isEmpty()) {
        queuePair.reactor().queuePairs().sweepSoon();
      }
    }

    private boolean mayReceiveInThisTurn() {
      long now = queuePair.reactor().turn();
      if (turn != now) {
        turn = now;
        receivesInTurn = 0;
      }
      return ++receivesInTurn <= MAX_RECEIVES_PER_TURN;
    }

    private void downstreamFinished() {
      if (!queuePair.isLingering()) {
        completeStage();
        return;
      }
      setKeepGoing(true);
      discarding = true;
      buffer.takenUpTo(buffer.end());
      lingerEnd =
          queuePair.reactor().timers().schedule(queuePair.lingerNanos(), this::endFromOutside);
      receive();
    }
  }
}
