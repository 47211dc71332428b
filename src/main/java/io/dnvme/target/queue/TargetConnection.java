package io.dnvme.target.queue;

import io.dnvme.block.PerReactor;
import io.dnvme.block.Reactor;
import io.dnvme.block.Timers;
import io.dnvme.nvme.CapsuleCmd;
import io.dnvme.nvme.Command;
import io.dnvme.nvme.CompletionQueueEntry;
import io.dnvme.nvme.Crc32c;
import io.dnvme.nvme.FatalErrorStatus;
import io.dnvme.nvme.IcReq;
import io.dnvme.nvme.Pdu;
import io.dnvme.nvme.PduFramer;
import io.dnvme.nvme.PduType;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.connection.CloseReason;
import io.dnvme.nvme.connection.ConnectionPort;
import io.dnvme.nvme.connection.ConnectionRules;
import io.dnvme.nvme.connection.OutgoingPdus;
import io.dnvme.nvme.connection.ReceivedPdus;
import io.dnvme.nvme.connection.Termination;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.Function;

/**
 * The target's side of one NVMe/TCP connection, which is one queue pair (NVMe/TCP Transport 1.0
 * §3). On its reactor.
 *
 * <pre>
 *   NEW ──ICReq──► INITIALIZED ──Connect──► CONNECTED
 *    │                  │                      │      transport fault
 *    └──────────────────┴──────────────────────┴────────────────► TERMINATING (C2HTermReq goes out)
 *    └──────────────────┴──────────────────────┴─── closed ─────► OVER ◄──┘
 * </pre>
 *
 * <p>Backpressure: a command that finds the buffer pool empty, or its connection's share of it used
 * up, waits, and with it the socket, unless data that other commands have asked for is still to
 * come over it: then commands go on being taken, no more than the queue has entries, so that the
 * data behind them can arrive.
 */
public final class TargetConnection implements ConnectionRules {

  private enum Phase {
    NEW,
    INITIALIZED,
    CONNECTED,
    TERMINATING,
    OVER
  }

  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int NO_SQHD = CompletionQueueEntry.SQHD_NO_FLOW_CONTROL;

  private final TransportLimits limits;
  private final PerReactor<GapWatch> gapWatches;
  private final Function<TargetConnection, QueueRules> rulesOfUnconnected;
  private final PduFramer framer = new PduFramer(PduFramer.Role.CONTROLLER);
  private final AnswerWriter writer;
  private final QueueCounters counters = new QueueCounters();
  private final Crc32c crc = new Crc32c();
  private final CapsuleCmd capsule = new CapsuleCmd();
  private final IcReq icReq = new IcReq();
  private final SlotList answers = new SlotList();
  private final HostTransfers transfers;
  private final MemoryWaiters waiting = new MemoryWaiters(this);
  private final MemoryShare share = new MemoryShare(this::waitsForHost, this::close);
  private final LentAnswers lentAnswers = new LentAnswers(this, answers);

  private ConnectionPort port;
  private GapWatch gapWatch;
  private Arena arena;
  private SlotTable slots;
  private QueueRules rules;
  private Phase phase = Phase.NEW;
  private Timers.Timer timer;
  private boolean ddgst;
  private int queueSize = 1;
  private int sqhd;
  private boolean flowControl = true;
  private boolean finishing;
  private int writing;
  private boolean icRespDue;
  private boolean stalled;
  private boolean endTold;
  private boolean drained;
  private Termination termination;

  /**
   * @param gapWatches one for each reactor
   * @param rulesOfUnconnected makes the rules that take the first command, which is Connect
   */
  public TargetConnection(
      TransportLimits limits,
      PerReactor<GapWatch> gapWatches,
      Function<TargetConnection, QueueRules> rulesOfUnconnected) {
    this.limits = limits;
    this.gapWatches = gapWatches;
    this.rulesOfUnconnected = rulesOfUnconnected;
    writer = new AnswerWriter(limits);
    transfers = new HostTransfers(this, limits);
  }

  @Override
  public PduFramer framer() {
    return framer;
  }

  @Override
  public void opened(ConnectionPort port) {
    this.port = port;
    arena = Arena.ofConfined();
    slots = new SlotTable(this, arena, 1);
    transfers.opened(slots);
    share.opened(port.reactor());
    gapWatch = gapWatches.of(port.reactor());
    gapWatch.watch(this);
    rules = rulesOfUnconnected.apply(this);
    timer = reactor().timers().schedule(limits.initTimeoutNanos(), this::close);
  }

  // What rules use.

  public Reactor reactor() {
    return port.reactor();
  }

  public ConnectionPort port() {
    return port;
  }

  public QueueCounters counters() {
    return counters;
  }

  /**
   * The Connect that is being executed succeeds: from its completion on this is a queue pair.
   *
   * @param entries of the submission queue
   * @param inCapsuleDataBytes most data in a capsule
   */
  public void connected(
      QueueRules rules, int entries, int inCapsuleDataBytes, boolean flowControl) {
    this.rules = rules;
    this.flowControl = flowControl;
    queueSize = entries;
    sqhd = 1; // past the Connect
    slots.grow(entries);
    framer.maxInCapsuleDataBytes(inCapsuleDataBytes);
    if (!flowControl) {
      writer.noFlowControl();
    }
    timer.cancel();
    phase = Phase.CONNECTED;
  }

  /** Ends the connection at once. */
  public void close() {
    if (phase != Phase.OVER) {
      port.close();
    }
  }

  /**
   * Takes no further command, and closes when those in flight are over and their answers out. What
   * the host sends meanwhile is not executed.
   */
  public void finish() {
    if (isEnding() || finishing) {
      return;
    }
    finishing = true;
    rules.finishing();
    port.outputReady();
  }

  /** Whether the host is gone or is being sent away: nothing is executed any more. */
  public boolean isEnding() {
    return phase == Phase.TERMINATING || phase == Phase.OVER;
  }

  /** Whether commands wait for memory, what came behind them too, and nothing for the host. */
  public boolean waitsForMemoryOnly() {
    return !waiting.isEmpty() && !waitsForHost() && writing == 0;
  }

  /** Whether no command is in flight. */
  public boolean isIdle() {
    return slots.inUse() == 0;
  }

  /**
   * Aborts a command that is not yet executing: one that waits for memory at once, one that waits
   * for its data when that is there. It then finds its data or memory to have failed. What a device
   * or the rules have is not for this method.
   *
   * @return whether the command is or will be aborted
   */
  public boolean abort(int cid) {
    CommandSlot slot = slots.find(cid);
    if (slot == null) {
      return false;
    }
    return switch (slot.state()) {
      case WAITING_DATA -> {
        slot.requestAbort();
        yield true;
      }
      case WAITING_MEMORY -> {
        waiting.remove(slot);
        slot.requestAbort();
        executeAgain(slot);
        if (waiting.isEmpty()) {
          goOn();
        }
        yield true;
      }
      case ACTIVE, FREE, ANSWERED, WRITING -> false;
    };
  }

  // From the socket.

  @Override
  public int received(ReceivedPdus batch, int from) {
    if (isEnding()) {
      return batch.size();
    }
    long now = reactor().clock().nanos();
    if (!gapWatch.mayExecute(now) || !rules.mayExecute(now)) {
      close();
      return batch.size();
    }
    for (int i = from; i < batch.size(); i++) {
      if (!take(batch, i)) {
        stalled = true;
        return i;
      }
      if (isEnding()) {
        return batch.size();
      }
    }
    return batch.size();
  }

  @Override
  public void malformed(int fes, int fei, ReceivedPdus batch, long pduOffset, int available) {
    terminate(fes, fei, batch.memory(), pduOffset, available);
  }

  @Override
  public boolean wantsInput() {
    return !isEnding() && !stalled && (waiting.isEmpty() || transfers.areOpen());
  }

  private boolean take(ReceivedPdus batch, int index) {
    MemorySegment memory = batch.memory();
    long at = batch.offsetBytes(index);
    int type = memory.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    return switch (type) {
      case PduType.CAPSULE_CMD -> takeCommand(memory, at);
      case PduType.H2C_DATA -> {
        transfers.take(memory, at);
        yield true;
      }
      case PduType.IC_REQ -> {
        initialize(memory, at);
        yield true;
      }
      case PduType.H2C_TERM_REQ -> {
        close();
        yield true;
      }
      default -> {
        terminate(
            FatalErrorStatus.INVALID_PDU_HEADER_FIELD,
            Pdu.TYPE,
            memory,
            at,
            batch.lengthBytes(index));
        yield true;
      }
    };
  }

  private void initialize(MemorySegment memory, long at) {
    icReq.wrap(memory, at);
    if (phase != Phase.NEW) {
      terminate(FatalErrorStatus.PDU_SEQUENCE_ERROR, 0, memory, at, IcReq.SIZE);
      return;
    }
    boolean hdgst = limits.headerDigest() && (icReq.dgst() & IcReq.DGST_HDGST_ENABLE) != 0;
    ddgst = limits.dataDigest() && (icReq.dgst() & IcReq.DGST_DDGST_ENABLE) != 0;
    transfers.maxR2ts(icReq.maxr2t() + 1);
    framer.initialized(hdgst, ddgst, 4);
    framer.maxDataBytes(limits.maxH2cDataBytes());
    writer.negotiated(hdgst, ddgst, (icReq.hpda() + 1) * 4);
    phase = Phase.INITIALIZED;
    timer.cancel();
    timer = reactor().timers().schedule(limits.initTimeoutNanos(), this::close);
    icRespDue = true;
    port.outputReady();
  }

  /** False where the command cannot be taken now. */
  private boolean takeCommand(MemorySegment memory, long at) {
    if (finishing) {
      return true;
    }
    if (!waiting.isEmpty() && !transfers.areOpen()) {
      return false;
    }
    CommandSlot slot = slots.tryAcquire();
    if (slot == null) {
      return false;
    }
    capsule.wrap(memory, at);
    long sqe = at + CapsuleCmd.CCSQE;
    int cid = memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, sqe + Command.CID) & 0xffff;
    boolean fresh = slots.ownCid(cid);
    slot.begin(memory, sqe, fresh);
    sqhd = sqhd + 1 == queueSize ? 0 : sqhd + 1;
    if (!fresh) {
      slot.complete(StatusCode.COMMAND_ID_CONFLICT.dnr());
      return true;
    }
    if (capsule.plen() > capsule.headerBytes()) {
      noteCapsuleData(slot, memory, at);
    }
    rules.arrived(slot);
    slot.settle();
    return true;
  }

  private void noteCapsuleData(CommandSlot slot, MemorySegment memory, long at) {
    int length = (int) capsule.dataBytes();
    long data = at + capsule.pdo();
    counters.received(length);
    slot.capsuleData(memory, data, length, isDigestWrong(memory, data, length));
  }

  /** Whether data that came, of {@code length} bytes, differs from the digest behind it. */
  boolean isDigestWrong(MemorySegment memory, long data, int length) {
    return ddgst && crc.of(memory, data, length) != memory.get(U32, data + length);
  }

  // To the socket.

  @Override
  public void fill(OutgoingPdus batch) {
    if (icRespDue) {
      icRespDue = false;
      writer.writeIcResp(batch);
    }
    if (phase == Phase.TERMINATING) {
      termination.write(batch);
      return;
    }
    while (!batch.isFull() && !answers.isEmpty()) {
      CommandSlot slot = answers.peek();
      if (slot.state() == CommandSlot.State.WAITING_DATA) {
        answers.poll();
        transfers.writeR2t(batch, slot, writer);
      } else {
        if (!writer.writeAnswer(batch, slot, flowControl ? sqhd : NO_SQHD)) {
          return;
        }
        answers.poll();
        answerWritten(batch, slot);
      }
    }
    if (finishing && slots.inUse() == writing) {
      batch.last();
    }
  }

  private void answerWritten(OutgoingPdus batch, CommandSlot slot) {
    if (slot.disownCid()) {
      slots.disownCid(slot.sqe().cid());
    }
    if (slot.replySent() > 0) {
      counters.sent(slot.replySent());
      slot.state(CommandSlot.State.WRITING);
      writing++;
      batch.whenWritten(slot);
    } else {
      slot.free();
    }
  }

  // From slots.

  /** The slot waits for its data: an R2T is to go out. */
  void askForData(CommandSlot slot) {
    transfers.start(slot);
    if (!waiting.isEmpty()) {
      // The data comes over a socket that others' want of memory may have stopped.
      goOn();
    }
  }

  /** The slot has an R2T or an answer to send. */
  void send(CommandSlot slot) {
    answers.add(slot);
    port.outputReady();
  }

  void waitForMemory(CommandSlot slot) {
    counters.waitedForMemory();
    waiting.add(slot);
  }

  MemoryShare share() {
    return share;
  }

  private boolean waitsForHost() {
    return !answers.isEmpty() || transfers.areOpen();
  }

  void answered(CommandSlot slot) {
    if (phase == Phase.OVER) {
      slot.free();
      return;
    }
    boolean success = Status.isSuccess(slot.status());
    counters.completed(success);
    if (!success) {
      slot.status(rules.failed(slot, slot.status()));
    }
    slot.state(CommandSlot.State.ANSWERED);
    if (slot.isReplyLent()) {
      lentAnswers.answered(slot);
    }
    send(slot);
  }

  void freed(CommandSlot slot, boolean wasWriting) {
    if (wasWriting) {
      writing--;
    }
    if (slot.disownCid()) {
      slots.disownCid(slot.sqe().cid());
    }
    slots.giveBack(slot);
    if (phase == Phase.OVER) {
      tellDrained();
    } else if (finishing) {
      port.outputReady();
    } else if (stalled && waiting.isEmpty()) {
      goOn();
    }
  }

  /** A command that had to wait is executed from its beginning. */
  void executeAgain(CommandSlot slot) {
    slot.state(CommandSlot.State.ACTIVE);
    execute(slot);
  }

  void execute(CommandSlot slot) {
    rules.execute(slot);
  }

  /**
   * Whether commands that had to wait, for memory or for a device, may go on now; not where the
   * host is gone, nor after a gap (STALE-PATH).
   */
  public boolean mayGoOn() {
    return !isEnding() && gapWatch.mayExecute(reactor().clock().nanos());
  }

  /** What was offered and refused may be taken now. */
  void goOn() {
    if (!isEnding()) {
      stalled = false;
      port.inputWanted();
    }
  }

  // The end.

  /**
   * Ends the connection because of the PDU at {@code offset}, of which {@code available} bytes are
   * there.
   */
  void terminate(int fes, int fei, MemorySegment wrong, long offset, int available) {
    if (isEnding()) {
      return;
    }
    phase = Phase.TERMINATING;
    termination = new Termination(arena, PduType.C2H_TERM_REQ, fes, fei, wrong, offset, available);
    timer.cancel();
    timer = reactor().timers().schedule(limits.terminationTimeoutNanos(), this::close);
    port.outputReady();
  }

  @Override
  public void closed(CloseReason reason) {
    phase = Phase.OVER;
    timer.cancel();
    lentAnswers.close();
    share.close();
    gapWatch.forget(this);
    waiting.close();
    rules.connectionEnded();
    for (int i = 0; i < slots.made(); i++) {
      CommandSlot slot = slots.at(i);
      switch (slot.state()) {
        case WAITING_DATA, WAITING_MEMORY, ANSWERED -> slot.free();
        case FREE, ACTIVE, WRITING -> {}
      }
    }
    answers.clear();
    endTold = true;
    tellDrained();
  }

  /** Drained is told last: giving back what the rules kept may be the end of the last command. */
  private void tellDrained() {
    if (endTold && !drained && slots.inUse() == 0) {
      drained = true;
      arena.close();
      rules.drained();
    }
  }
}
