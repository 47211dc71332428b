package io.dnvme.initiator;

import io.dnvme.block.Timers;
import io.dnvme.nvme.CapsuleResp;
import io.dnvme.nvme.CompletionQueueEntry;
import io.dnvme.nvme.FabricsCommand;
import io.dnvme.nvme.FatalErrorStatus;
import io.dnvme.nvme.IcReq;
import io.dnvme.nvme.IcResp;
import io.dnvme.nvme.PduFramer;
import io.dnvme.nvme.PduHeader;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.TermReq;
import io.dnvme.nvme.connection.CloseReason;
import io.dnvme.nvme.connection.ConnectionPort;
import io.dnvme.nvme.connection.ConnectionRules;
import io.dnvme.nvme.connection.OutgoingPdus;
import io.dnvme.nvme.connection.ReceivedPdus;
import io.dnvme.nvme.connection.Termination;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;

/**
 * One NVMe/TCP connection as the host speaks it: the rules of a queue pair of any kind. Commands
 * are handed in with {@link #tryAcquire} and {@link #submit}; what one turn of the reactor submits
 * goes out as one gathered write.
 *
 * <pre>
 *   NEW ──opened──► HANDSHAKE ──ICResp──► READY
 *    │                  │                   │
 *    │                  ├───────fault───────┤
 *    │                  │                   ▼
 *    │                  │      TERMINATING (H2CTermReq going out)
 *    └──────────────────┴───────────┬───────┘
 *                                 closed ──► CLOSED
 * </pre>
 *
 * <p>Lives on the connection's reactor. Invariants: no command completes twice; a command's memory
 * is not touched after its completion; nothing that the controller sends is believed unless it fits
 * a command in flight: else the connection is ended with the fault's FES. A wrong data digest fails
 * its command only. Commands whose answer never came are completed as lost, and never sent again
 * here: whether that is right only their owner knows.
 *
 * <p>Source: NVMe/TCP Transport 1.0 §3.3 to §3.6.
 */
public final class HostConnection implements ConnectionRules {

  /** Who owns the connection; called on its reactor. */
  public interface Owner {

    /** Commands may be submitted now. */
    void ready(HostConnection connection);

    /**
     * The connection is over and all its commands are completed; called once, last.
     *
     * @param reason for people
     */
    void ended(HostConnection connection, String reason);
  }

  enum State {
    NEW,
    HANDSHAKE,
    READY,
    TERMINATING,
    CLOSED
  }

  /** What HPDA 0 asks for. */
  private static final int DATA_ALIGNMENT_BYTES = 4;

  /** For a termination request to go out before the connection is cut. */
  static final long TERMINATION_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final ConnectionOptions options;
  private final Owner owner;
  private final CommandTable commands;
  private final ConnectionCounters counters;
  private final PduFramer framer = new PduFramer(PduFramer.Role.HOST);
  private final HostPduWriter writer = new HostPduWriter();
  private final SendQueue sendQueue = new SendQueue();
  private final PduHeader header = new PduHeader();
  private final DataTransfers transfers;
  private final CommandTimeouts timeouts;
  private final CompletionQueueEntry completion = new CompletionQueueEntry();

  private State state = State.NEW;
  private ConnectionPort port;
  private String endReason;
  private boolean closeWanted;
  private boolean handshakePending;
  private Termination termination;

  private int inFlight;

  private boolean turnOver = true;
  private long turnNanos;
  private Timers.Timer timer;

  /**
   * @param counters may have counted earlier connections of the same queue pair, too
   */
  public HostConnection(ConnectionOptions options, Owner owner, ConnectionCounters counters) {
    this.options = options;
    this.owner = owner;
    this.counters = counters;
    framer.maxDataBytes(options.maxTransferBytes());
    commands = new CommandTable(this, options.maxCommands());
    transfers = new DataTransfers(this, commands, counters);
    timeouts = new CommandTimeouts(commands, options.commandTimeoutNanos(), this::unanswered);
  }

  public boolean isReady() {
    return state == State.READY && !closeWanted;
  }

  public boolean isClosed() {
    return state == State.CLOSED;
  }

  /** Commands that were submitted and are not completed. */
  public int inFlight() {
    return inFlight;
  }

  public ConnectionCounters counters() {
    return counters;
  }

  public ConnectionOptions options() {
    return options;
  }

  /** How many commands {@link #tryAcquire} will still give. */
  public int available() {
    return isReady() ? commands.credits() : 0;
  }

  /** A place for a command, to be submitted within the same call; null where none is left. */
  public HostCommand tryAcquire() {
    return isReady() ? commands.tryAcquire() : null;
  }

  /** The time, read at most once for what one turn receives and submits. */
  public long turnNanos() {
    if (turnOver) {
      turnOver = false;
      turnNanos = port.reactor().clock().nanos();
    }
    return turnNanos;
  }

  /**
   * Sends the command; it completes exactly once, later than this call returns. Commands are sent
   * in the order of submission, so the two of a fused operation are submitted one after the other.
   */
  public void submit(HostCommand command) {
    counters.submitted++;
    inFlight++;
    command.phase = HostCommand.Phase.QUEUED;
    describeData(command);
    enqueue(command);
    timeouts.start(command);
  }

  /** Ends the connection; {@code closed} follows later. Harmless when it is ending already. */
  public void close(String reason) {
    if (state == State.CLOSED || closeWanted) {
      return;
    }
    note(reason);
    closeWanted = true;
    if (port == null) {
      return;
    }
    if (inFlight > 0) {
      // What has not left this machine must not arrive after it has been sent another way.
      port.abort();
    } else {
      port.close();
    }
  }

  /** There will be no connection: it could not be made. Instead of {@code opened}. */
  public void failedToOpen(String reason) {
    if (state == State.NEW) {
      note(reason);
      transition(State.CLOSED);
      owner.ended(this, endReason);
    }
  }

  @Override
  public PduFramer framer() {
    return framer;
  }

  @Override
  public void opened(ConnectionPort connectionPort) {
    port = connectionPort;
    timeouts.opened(port.reactor());
    transition(State.HANDSHAKE);
    if (closeWanted) {
      port.close();
      return;
    }
    handshakePending = true;
    timer =
        port.reactor()
            .timers()
            .schedule(
                options.handshakeTimeoutNanos(), () -> close("no ICResp in time from the target"));
    port.outputReady();
  }

  @Override
  public boolean wantsInput() {
    return true;
  }

  @Override
  public boolean takesInputWhileOutputWaits() {
    return true;
  }

  @Override
  public int received(ReceivedPdus batch, int from) {
    turnOver = true;
    MemorySegment memory = batch.memory();
    for (int i = from; i < batch.size() && accepts(); i++) {
      int at = batch.offsetBytes(i);
      header.wrap(memory, at);
      switch (header.type()) {
        case PduType.CAPSULE_RESP -> answered(memory, at);
        case PduType.C2H_DATA -> transfers.arrived(memory, at);
        case PduType.R2T -> transfers.askedFor(memory, at);
        case PduType.IC_RESP -> initialized(memory, at);
        case PduType.C2H_TERM_REQ -> terminatedByPeer(memory, at);
        default -> fault(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, PduHeader.TYPE, memory, at);
      }
    }
    return batch.size();
  }

  @Override
  public void malformed(int fes, int fei, ReceivedPdus batch, long pduOffset, int available) {
    if (accepts()) {
      terminate(fes, fei, batch.memory(), pduOffset, available);
    }
  }

  @Override
  public void fill(OutgoingPdus batch) {
    turnOver = true;
    switch (state) {
      case HANDSHAKE -> {
        if (handshakePending) {
          handshakePending = false;
          HostPduWriter.writeIcReq(batch, options.headerDigest(), options.dataDigest());
        }
      }
      case READY -> sendQueue.fill(batch, writer);
      case TERMINATING -> termination.write(batch);
      case NEW, CLOSED -> {}
    }
  }

  @Override
  public void closed(CloseReason reason) {
    note(
        switch (reason) {
          case BY_RULES -> "closed by this side";
          case BY_PEER -> "closed by the target";
          case SOCKET_ERROR -> "the connection broke";
          case SHUTDOWN -> "this process is ending";
          case INTERNAL_ERROR -> "an internal error ended the connection";
        });
    transition(State.CLOSED);
    timeouts.stop();
    stopTimer();
    sendQueue.clear();
    for (int i = 0; i < commands.size(); i++) {
      HostCommand command = commands.at(i);
      if (command.isInFlight() && !command.answered) {
        counters.lost++;
        command.lose();
        completeUnlessWriting(command);
      }
    }
    endWhenIdle();
  }

  /** Called by a command whose data stood in a batch that is over. */
  void dataWritten(HostCommand command) {
    command.writesPending--;
    if (command.answered) {
      completeUnlessWriting(command);
      if (state == State.CLOSED) {
        endWhenIdle();
      }
    }
  }

  private boolean accepts() {
    return !closeWanted && (state == State.HANDSHAKE || state == State.READY);
  }

  /**
   * Chooses how the data travels, and says so in the entry's SGL. A Fabrics command's data goes in
   * the capsule on every queue, whatever IOCCSZ says: Connect comes before anything is known. Where
   * data goes both ways, the SGL describes what goes to the controller.
   */
  private void describeData(HostCommand command) {
    boolean fabrics = command.entry().opc() == FabricsCommand.OPCODE;
    int limit = fabrics ? ConnectionOptions.ADMIN_IN_CAPSULE_BYTES : options.maxInCapsuleBytes();
    command.inCapsule = command.sendsData() && command.dataBytes <= limit;
    if (command.inCapsule) {
      command.entry().sglInCapsule(command.dataBytes);
    } else {
      command.entry().sglTransport(command.sendsData() ? command.dataBytes : command.incomingBytes);
    }
  }

  /** The command has something to send. */
  void enqueue(HostCommand command) {
    if (sendQueue.isEmpty()) {
      port.outputReady();
    }
    sendQueue.add(command);
  }

  private void initialized(MemorySegment memory, int at) {
    IcResp response = new IcResp().wrap(memory, at);
    if (state != State.HANDSHAKE || handshakePending) {
      fault(FatalErrorStatus.PDU_SEQUENCE_ERROR, 0, memory, at);
      return;
    }
    boolean hdgst = (response.dgst() & IcReq.DGST_HDGST_ENABLE) != 0;
    boolean ddgst = (response.dgst() & IcReq.DGST_DDGST_ENABLE) != 0;
    if (hdgst && !options.headerDigest() || ddgst && !options.dataDigest()) {
      fault(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, IcResp.DGST, memory, at);
      return;
    }
    if (hdgst != options.headerDigest() || ddgst != options.dataDigest()) {
      close("the target refuses the digests that were asked for");
      return;
    }
    transfers.agreed(ddgst);
    framer.initialized(hdgst, ddgst, DATA_ALIGNMENT_BYTES);
    writer.agreed(hdgst, ddgst, (response.cpda() + 1) * 4, response.maxh2cdata());
    stopTimer();
    transition(State.READY);
    owner.ready(this);
  }

  private void answered(MemorySegment memory, int at) {
    completion.wrap(memory, at + CapsuleResp.RCCQE);
    HostCommand command = commands.find(completion.cid());
    if (command == null) {
      fault(
          FatalErrorStatus.INVALID_PDU_HEADER_FIELD,
          CapsuleResp.RCCQE + CompletionQueueEntry.CID,
          memory,
          at);
      return;
    }
    answer(command, completion.status(), completion.result());
  }

  /** The command is answered; it completes when its memory is not in use any more. */
  void answer(HostCommand command, int status, long result) {
    counters.completed++;
    command.answer(status, result);
    if (!Status.isSuccess(command.status())) {
      counters.failed++;
    }
    if (command.hasTransfer()) {
      command.transferEnd = command.transferOffset;
      sendQueue.remove(command);
    }
    completeUnlessWriting(command);
  }

  private void terminatedByPeer(MemorySegment memory, int at) {
    TermReq request = new TermReq().wrap(memory, at);
    counters.terminatedByPeer++;
    close(
        "the target ended the connection: "
            + FatalErrorStatus.name(request.fes())
            + String.format(" (FEI %Xh)", request.fei()));
  }

  /** Ends the connection because of the PDU at {@code at}, all of which is there. */
  void fault(int fes, int fei, MemorySegment memory, int at) {
    header.wrap(memory, at);
    terminate(fes, fei, memory, at, (int) header.plen());
  }

  private void terminate(int fes, int fei, MemorySegment memory, long at, int available) {
    counters.faultsFound++;
    note("the target broke the protocol: " + FatalErrorStatus.name(fes) + " at " + fei);
    termination =
        new Termination(Arena.ofAuto(), PduType.H2C_TERM_REQ, fes, fei, memory, at, available);
    transition(State.TERMINATING);
    timeouts.stop();
    stopTimer();
    timer = port.reactor().timers().schedule(TERMINATION_TIMEOUT_NANOS, port::close);
    port.outputReady();
  }

  private void completeUnlessWriting(HostCommand command) {
    if (command.writesPending == 0) {
      inFlight--;
      commands.finished();
      command.complete();
      commands.release(command);
    }
  }

  private void endWhenIdle() {
    if (inFlight == 0) {
      owner.ended(this, endReason);
    }
  }

  /** The first reason is the cause. */
  private void note(String reason) {
    if (endReason == null) {
      endReason = reason;
    }
  }

  private void unanswered(HostCommand command) {
    counters.timedOut++;
    close(
        String.format(
            "no answer to a command (opcode %02Xh) within %d ms",
            command.entry().opc(), TimeUnit.NANOSECONDS.toMillis(options.commandTimeoutNanos())));
  }

  private void stopTimer() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void transition(State to) {
    boolean legal =
        switch (to) {
          case NEW -> false;
          case HANDSHAKE -> state == State.NEW;
          case READY -> state == State.HANDSHAKE;
          case TERMINATING -> state == State.HANDSHAKE || state == State.READY;
          case CLOSED -> state != State.CLOSED;
        };
    if (!legal) {
      throw new IllegalStateException("a connection does not go from " + state + " to " + to);
    }
    state = to;
  }
}
