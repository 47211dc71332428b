package io.dnvme.transport;

import io.dnvme.nvme.connection.CloseReason;
import io.dnvme.nvme.connection.ConnectionPort;
import io.dnvme.nvme.connection.ConnectionRules;
import io.dnvme.nvme.connection.OutgoingPdus;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Source;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection: a socket, a stream, and rules, all on one reactor. The stages share it; it owns
 * what must be given back whatever becomes of them.
 *
 * <pre>
 *   SocketSource ─► Framing ─► RulesFlow ─► SocketSink
 *    bytes           whole      rules         gathered
 *    asked for       PDUs                     writes
 * </pre>
 *
 * <p>An end begins with its reason, the first one that is given; then every stage completes. When
 * the rules' stage and the sink have stopped, memory that the batch on its way out named is given
 * back and the rules hear of the end; when all have stopped the socket is closed.
 */
final class QueuePair extends TurnTask implements ConnectionPort, ConnectionSocket.Edges {

  private static final Logger log = LoggerFactory.getLogger(QueuePair.class);
  private static final int STAGES = 4;

  private final EpollReactor reactor;
  private final ConnectionSocket socket;
  private final ConnectionRules rules;
  private final InetSocketAddress local;
  private final InetSocketAddress remote;
  private final long lingerNanos;
  private final Consumer<QueuePair> whenGone;
  private final ReceiveBuffer receiveBuffer;

  private SocketSource.Logic source;
  private RulesFlow.Logic flow;
  private SocketSink.Logic sink;
  private int stagesRunning;
  private boolean started;
  private boolean closedTold;

  private ReceivedBatch incoming;
  private OutgoingPdus outgoing;
  private boolean outputReady;
  private boolean inputWanted;
  private boolean receiveLater;

  private Materializer materializer;
  private CloseReason reason;
  private boolean endNow;
  private boolean lingering;

  /**
   * @param whenGone run on the reactor when the socket has been closed
   */
  QueuePair(
      EpollReactor reactor,
      Socket socket,
      InetSocketAddress local,
      InetSocketAddress remote,
      ConnectionRules rules,
      long lingerNanos,
      Consumer<QueuePair> whenGone) {
    this.reactor = reactor;
    this.socket = new ConnectionSocket(reactor, socket, this);
    this.local = local;
    this.remote = remote;
    this.rules = rules;
    this.lingerNanos = lingerNanos;
    this.whenGone = whenGone;
    receiveBuffer = new ReceiveBuffer(reactor.regions());
  }

  /** Starts the stream; on the reactor. */
  void open(Materializer streams) {
    assert reactor.inReactor();
    materializer = streams;
    reactor.queuePairs().add(this);
    try {
      Source.fromGraph(new SocketSource(this))
          .via(new Framing(this))
          .via(new RulesFlow(this))
          .to(new SocketSink(this))
          .withAttributes(
              ActorAttributes.dispatcher(reactor.dispatcher()).and(Attributes.inputBuffer(1, 1)))
          .run(streams);
    } catch (RuntimeException | Error e) {
      log.warn("{}: no stream could be started", this, e);
      tellClosed();
      gone();
    }
  }

  // What the rules ask for.

  @Override
  public EpollReactor reactor() {
    return reactor;
  }

  @Override
  public InetSocketAddress localAddress() {
    return local;
  }

  @Override
  public InetSocketAddress remoteAddress() {
    return remote;
  }

  @Override
  public void outputReady() {
    outputReady = true;
    reactor.atEndOfTurn(this);
  }

  @Override
  public void inputWanted() {
    inputWanted = true;
    reactor.atEndOfTurn(this);
  }

  @Override
  public void close() {
    end(CloseReason.BY_RULES);
  }

  @Override
  public void abort() {
    socket.resetAtClose();
    end(CloseReason.BY_RULES);
  }

  /** Ends the connection at once; on the reactor. */
  void end(CloseReason why) {
    ends(why);
    endNow = true;
    reactor.atEndOfTurn(this);
  }

  // What the socket tells.

  @Override
  public void readable() {
    if (source != null) {
      source.readable();
    }
  }

  @Override
  public void writable() {
    if (sink != null) {
      sink.writable();
    }
  }

  @Override
  public void hungUp() {
    if (!lingering) {
      end(CloseReason.SOCKET_ERROR);
    }
  }

  @Override
  public void failed(Throwable e) {
    stageFailed(e);
    end(CloseReason.INTERNAL_ERROR);
  }

  // What was asked for, all at once.

  @Override
  void endOfTurn() {
    if (!started) {
      return;
    }
    if (endNow) {
      endStages();
      return;
    }
    if (receiveLater) {
      receiveLater = false;
      readable();
    }
    if (flow != null && (inputWanted || outputReady && flow.canSend())) {
      flow.advanceFromOutside();
    }
  }

  private void endStages() {
    if (flow != null) {
      flow.endFromOutside();
    }
    if (sink != null) {
      sink.endFromOutside();
    }
    if (source != null) {
      source.endFromOutside();
    }
  }

  // What the stages share.

  ConnectionSocket socket() {
    return socket;
  }

  ReceiveBuffer receiveBuffer() {
    return receiveBuffer;
  }

  ConnectionRules rules() {
    return rules;
  }

  long lingerNanos() {
    return lingerNanos;
  }

  /** The batch that points into the receive buffer; null: none. */
  ReceivedBatch incoming() {
    return incoming;
  }

  ReceivedBatch startIncoming() {
    incoming = reactor.received().take();
    incoming.start(receiveBuffer.memory());
    return incoming;
  }

  void incomingDone() {
    if (incoming != null) {
      reactor.received().giveBack(incoming);
      incoming = null;
    }
  }

  /** The batch on its way out. */
  OutgoingPdus outgoing() {
    return outgoing;
  }

  OutgoingPdus startOutgoing() {
    outgoing = reactor.outgoing().take();
    return outgoing;
  }

  /** The batch's memory is not needed any more: tells whoever waits for that. */
  void outgoingDone() {
    OutgoingPdus batch = outgoing;
    outgoing = null;
    batch.releaseAll();
    batch.reset();
    reactor.outgoing().giveBack(batch);
  }

  /** Whether there may be something to fill a batch with; asking settles it. */
  boolean takeOutputReady() {
    boolean ready = outputReady;
    outputReady = false;
    return ready;
  }

  /** The last batch had something in it, so there may be more. */
  void outputMayFollow() {
    outputReady = true;
  }

  /** The rules are asked again now whether they want input. */
  void inputIsLookedAt() {
    inputWanted = false;
  }

  /** Has the source asked again in the next turn. */
  void receiveLater() {
    receiveLater = true;
    reactor.atEndOfTurn(this);
  }

  /** The last batch is out: what still comes is not looked at. */
  void linger() {
    ends(CloseReason.BY_RULES);
    lingering = true;
  }

  boolean isLingering() {
    return lingering && !endNow;
  }

  /** A reason for the end is known: nothing more is to be done. */
  boolean isEnding() {
    return reason != null;
  }

  /** Says why the connection ends; the first reason stays. */
  void ends(CloseReason why) {
    if (reason == null) {
      reason = why;
    }
  }

  void socketFailed(IOException e) {
    if (!isEnding()) {
      log.debug("{}: the socket failed: {}", this, e.getMessage());
      ends(CloseReason.SOCKET_ERROR);
    }
  }

  /** A stage threw: a bug, contained to this connection. */
  void stageFailed(Throwable e) {
    if (reason != CloseReason.INTERNAL_ERROR) {
      log.error("{} is closed because of an internal error", this, e);
      reason = CloseReason.INTERNAL_ERROR;
    }
  }

  // The life of the stages.

  void stageStarted(QueuePairLogic stage) {
    stagesRunning++;
    started = stagesRunning == STAGES;
    switch (stage) {
      case SocketSource.Logic logic -> source = logic;
      case RulesFlow.Logic logic -> flow = logic;
      case SocketSink.Logic logic -> sink = logic;
      default -> {}
    }
  }

  void stageStopped(QueuePairLogic stage) {
    stagesRunning--;
    if (stage == source) {
      source = null;
    } else if (stage == flow) {
      flow = null;
    } else if (stage == sink) {
      sink = null;
    }
    if (flow == null && sink == null) {
      tellClosed();
    }
    if (stagesRunning == 0) {
      gone();
    }
  }

  private void tellClosed() {
    if (closedTold) {
      return;
    }
    closedTold = true;
    if (reason == null) {
      ends(materializer.isShutdown() ? CloseReason.SHUTDOWN : CloseReason.INTERNAL_ERROR);
    }
    try {
      if (outgoing != null) {
        outgoingDone();
      }
      rules.closed(reason);
    } catch (RuntimeException | Error e) {
      log.error("{}: its rules failed at its end", this, e);
    }
  }

  private void gone() {
    incomingDone();
    receiveBuffer.close();
    socket.close();
    reactor.queuePairs().remove(this);
    whenGone.accept(this);
  }

  /** See {@link ReceiveBuffer#sweep}. */
  void sweep() {
    receiveBuffer.sweep();
  }

  @Override
  public String toString() {
    return "connection of " + remote + " to " + local;
  }
}
