package io.dnvme.initiator;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.Reactor;
import io.dnvme.block.ReactorInbox;
import io.dnvme.nvme.DisconnectCommand;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.SubmissionQueueEntry;
import java.util.concurrent.TimeUnit;

/**
 * One I/O queue pair of a controller, through all its connections: takes block commands of all the
 * controller's namespaces, sends them, retries what is worth it, and keeps them, within a limit,
 * while it is full or not connected. Lives on its reactor; commands of others come through {@link
 * #inbox}.
 *
 * <pre>
 *   DETACHED ──connect──► CONNECTING ──Connect done──► CONNECTED ──go──► RUNNING
 *      ▲                      │                            │                │
 *      │                      └─────────────┬──────────────┴────────────────┘
 *      │                        detach      │      connection ended by itself
 *      ├◄──────────────────── DETACHING ◄───┤
 *      ├◄───────────────────────────────────┘
 *      └──end──► ENDED
 * </pre>
 *
 * <p>The controller alone decides about connections; what happens here is reported to it with the
 * number of the attempt, so that it can tell stale news.
 */
final class IoQueue implements HostConnection.Owner {

  /** Told on the queue's reactor. */
  interface Events {
    /** Connect succeeded; commands wait for {@link #go}. */
    void connected(IoQueue queue, int attempt);

    /**
     * The queue has no connection any more, and nobody asked for that.
     *
     * @param permanent trying again would be in vain
     */
    void lost(IoQueue queue, int attempt, String reason, boolean permanent);

    /** What {@link #detach} asked for is done. */
    void detached(IoQueue queue, int attempt);
  }

  enum State {
    DETACHED,
    CONNECTING,
    CONNECTED,
    RUNNING,
    DETACHING,
    ENDED
  }

  /** How often a command is tried again because of its status. */
  static final int MAX_RETRIES = 5;

  private static final long RETRY_DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long TRANSITION_DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long MAX_RETRY_DELAY_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final int queueId;
  private final Reactor reactor;
  private final ControllerOptions options;
  private final Dialer dialer;
  private final Events events;
  private final ReactorInbox inbox;
  private final IoEncoder encoder = new IoEncoder();
  private final QueueCounters counters = new QueueCounters();
  private final HostCommand.Completion whenCompleted = this::completed;
  private final HostCommand.Completion whenCompareCompleted = c -> fusedCompleted(c, true);
  private final HostCommand.Completion whenWriteCompleted = c -> fusedCompleted(c, false);

  private State state = State.DETACHED;
  private int attempt;
  private ControllerInfo controller;
  private HostConnection connection;
  private String lossReason;
  private boolean lossPermanent;
  private BlockStatus endStatus = BlockStatus.FAILED;

  private final PendingIoList waiting = new PendingIoList();
  private final PendingIoList free = new PendingIoList();
  private int pendingCount;

  /**
   * @param queueId from 1
   */
  IoQueue(int queueId, Reactor reactor, ControllerOptions options, Dialer dialer, Events events) {
    this.queueId = queueId;
    this.reactor = reactor;
    this.options = options;
    this.dialer = dialer;
    this.events = events;
    inbox = new ReactorInbox(reactor, this::submitFromElsewhere);
  }

  Reactor reactor() {
    return reactor;
  }

  ReactorInbox inbox() {
    return inbox;
  }

  QueueCounters counters() {
    return counters;
  }

  /** The time, as exact as one turn. */
  long turnNanos() {
    return connection != null && connection.isReady()
        ? connection.turnNanos()
        : reactor.clock().nanos();
  }

  /** Dials and connects the queue of the controller that the admin queue has. */
  void connect(int attemptNumber, ControllerInfo info, int depth) {
    if (state != State.DETACHED) {
      return;
    }
    attempt = attemptNumber;
    controller = info;
    lossReason = null;
    lossPermanent = false;
    transition(State.CONNECTING);
    QueueOptions queues = options.queues();
    connection =
        new HostConnection(
            new ConnectionOptions(
                depth,
                queues.headerDigest(),
                queues.dataDigest(),
                info.maxInCapsuleBytes(),
                queues.maxTransferBytes(),
                ControllerOptions.HANDSHAKE_TIMEOUT_NANOS,
                queues.commandTimeoutNanos()),
            this,
            counters.connection());
    dialer.dial(reactor, options.address(), connection, connection::failedToOpen);
  }

  /** Commands may go out. */
  void go(int attemptNumber) {
    if (attempt == attemptNumber && state == State.CONNECTED) {
      transition(State.RUNNING);
      runWaiting();
    }
  }

  /** Gives the connection of that attempt up; answered by {@code detached} in any case. */
  void detach(int attemptNumber, String reason) {
    switch (state) {
      case DETACHED, ENDED -> events.detached(this, attemptNumber);
      case CONNECTING, CONNECTED, RUNNING -> {
        transition(State.DETACHING);
        connection.close(reason);
      }
      case DETACHING -> {}
    }
  }

  /** Ends the queue in good order, with Disconnect where the target takes it; then detaches. */
  void disconnect(int attemptNumber, String reason) {
    HostCommand command =
        state == State.RUNNING && controller.disconnect() ? connection.tryAcquire() : null;
    if (command == null) {
      detach(attemptNumber, reason);
      return;
    }
    SubmissionQueueEntry entry = command.entry();
    new DisconnectCommand().wrap(entry.segment(), entry.offset()).start(command.cid());
    command.onCompletion(done -> detach(attemptNumber, reason), null);
    connection.submit(command);
  }

  /** A {@link #disconnect} that waits for its answer waits no longer. */
  void cut(int attemptNumber, String reason) {
    if (attempt == attemptNumber && state == State.RUNNING) {
      detach(attemptNumber, reason);
    }
  }

  /** The controller will not come back: whatever waits, and will come, gets {@code status}. */
  void end(BlockStatus status) {
    endStatus = status;
    transition(State.ENDED);
    failWaiting(status);
  }

  /** Takes a command of this reactor. */
  void submit(RemoteNamespace namespace, BlockIo io) {
    PendingIo pending = take();
    if (pending == null) {
      namespace.finished(io, BlockStatus.BUSY);
      return;
    }
    pending.start(namespace, io);
    accept(pending);
  }

  @Override
  public void ready(HostConnection ready) {
    if (state != State.CONNECTING) {
      return;
    }
    HostCommand command = ready.tryAcquire();
    ConnectRequest.write(
        command, options, queueId, controller.cntlid(), ready.options().maxCommands());
    ready.submit(command.onCompletion(this::connectAnswered, null));
  }

  @Override
  public void ended(HostConnection ended, String reason) {
    boolean asked = state == State.DETACHING;
    connection = null;
    if (state == State.ENDED) {
      return;
    }
    transition(State.DETACHED);
    if (options.reconnect().lossPolicy() == LossPolicy.FAIL) {
      failWaiting(BlockStatus.PATH_LOST);
    }
    if (asked) {
      events.detached(this, attempt);
    } else {
      events.lost(this, attempt, lossReason == null ? reason : lossReason, lossPermanent);
    }
  }

  private void connectAnswered(HostCommand command) {
    if (command.isLost() || state != State.CONNECTING) {
      return;
    }
    if (!command.isSuccess()) {
      lossReason = "queue " + queueId + " refused: " + Status.describe(command.status());
      lossPermanent = Status.isDnr(command.status());
      connection.close(lossReason);
      return;
    }
    transition(State.CONNECTED);
    events.connected(this, attempt);
  }

  private void submitFromElsewhere(BlockIo io) {
    submit((RemoteNamespace) io.deviceContext(), io);
  }

  private void accept(PendingIo pending) {
    switch (state) {
      case RUNNING -> {
        if (waiting.first() != null || !tryIssue(pending)) {
          keep(pending);
        }
      }
      case ENDED -> finish(pending, endStatus);
      // Either go or a loss follows soon.
      case CONNECTED -> keep(pending);
      case DETACHED, CONNECTING, DETACHING -> {
        if (options.reconnect().lossPolicy() == LossPolicy.FAIL) {
          finish(pending, BlockStatus.PATH_LOST);
        } else {
          keep(pending);
        }
      }
    }
  }

  private void keep(PendingIo pending) {
    waiting.addLast(pending);
    counters.waited++;
  }

  /** False where the connection has no place for it now. */
  private boolean tryIssue(PendingIo pending) {
    BlockStatus refusal = pending.namespace.refusal(pending.io);
    if (refusal != BlockStatus.SUCCESS) {
      finish(pending, refusal);
      return true;
    }
    int places = pending.isFused() ? 2 : 1;
    if (connection.available() < places) {
      if (connection.options().maxCommands() >= places) {
        return false;
      }
      finish(pending, BlockStatus.INVALID);
      return true;
    }
    HostCommand command = connection.tryAcquire();
    if (pending.isFused()) {
      HostCommand second = connection.tryAcquire();
      pending.startFused();
      encoder.encodeCompareFirst(pending, command);
      connection.submit(command.onCompletion(whenCompareCompleted, pending));
      encoder.encodeWriteSecond(pending, second);
      connection.submit(second.onCompletion(whenWriteCompleted, pending));
    } else {
      encoder.encode(pending, command);
      connection.submit(command.onCompletion(whenCompleted, pending));
    }
    return true;
  }

  private void runWaiting() {
    while (state == State.RUNNING && waiting.first() != null) {
      PendingIo pending = waiting.removeFirst();
      if (!tryIssue(pending)) {
        waiting.addFirst(pending);
        return;
      }
    }
  }

  private void completed(HostCommand command) {
    PendingIo pending = (PendingIo) command.context();
    if (command.isLost()) {
      lost(pending, command.wasSent());
    } else if (command.isSuccess()) {
      advance(pending);
    } else if (refusesZeroes(command)) {
      pending.namespace.zeroesRefused();
      accept(pending);
    } else {
      failed(pending, command.status());
    }
    if (waiting.first() != null) {
      runWaiting();
    }
  }

  private static boolean refusesZeroes(HostCommand command) {
    return command.entry().opc() == IoOpcode.WRITE_ZEROES
        && StatusMapping.isUnsupported(command.status());
  }

  private void fusedCompleted(HostCommand command, boolean compare) {
    PendingIo pending = (PendingIo) command.context();
    if (!pending.fusedCompleted(command, compare)) {
      return;
    }
    if (pending.isFusedLost()) {
      lost(pending, pending.isFusedSent());
    } else {
      finish(pending, StatusMapping.of(pending.fusedStatus(), pending.io.op()));
    }
    runWaiting();
  }

  private void advance(PendingIo pending) {
    pending.position += pending.pieceBlocks;
    if (pending.position >= pending.namespace.positionEnd(pending.io)) {
      finish(pending, BlockStatus.SUCCESS);
      return;
    }
    pending.retries = 0;
    if (state != State.RUNNING || !tryIssue(pending)) {
      waiting.addFirst(pending);
    }
  }

  private void failed(PendingIo pending, int status) {
    if (!StatusMapping.isWorthRetrying(status) || pending.retries == MAX_RETRIES) {
      finish(pending, StatusMapping.of(status, pending.io.op()));
      return;
    }
    long delay = retryDelayNanos(status, pending.retries);
    pending.retries++;
    counters.retried++;
    reactor.timers().schedule(delay, () -> accept(pending));
  }

  private long retryDelayNanos(int status, int retries) {
    int crd = Status.CRD.get(status);
    if (crd > 0) {
      long said = TimeUnit.MILLISECONDS.toNanos(controller.retryDelaysMs()[crd - 1]);
      return Math.min(said, MAX_RETRY_DELAY_NANOS);
    }
    boolean transition = StatusCode.ANA_TRANSITION.is(status);
    return (transition ? TRANSITION_DELAY_NANOS : RETRY_DELAY_NANOS) << retries;
  }

  /** See {@link LossPolicy} for what may be sent again. */
  private void lost(PendingIo pending, boolean wasSent) {
    boolean again =
        options.reconnect().lossPolicy() == LossPolicy.WAIT
            && state != State.ENDED
            && !(wasSent && pending.isFused());
    if (again) {
      counters.resent += wasSent ? 1 : 0;
      waiting.addFirst(pending);
    } else {
      finish(pending, BlockStatus.PATH_LOST);
    }
  }

  private void failWaiting(BlockStatus status) {
    for (int left = waiting.size(); left > 0; left--) {
      finish(waiting.removeFirst(), status);
    }
  }

  private PendingIo take() {
    PendingIo pending = free.removeFirst();
    if (pending == null && pendingCount < limit()) {
      pendingCount++;
      pending = new PendingIo();
    }
    return pending;
  }

  private int limit() {
    return options.queues().depth() + options.queues().maxWaiting();
  }

  private void finish(PendingIo pending, BlockStatus status) {
    RemoteNamespace namespace = pending.namespace;
    BlockIo io = pending.io;
    pending.forget();
    free.addFirst(pending);
    namespace.bringHome(io, status, reactor);
  }

  private void transition(State to) {
    boolean legal =
        switch (to) {
          case DETACHED -> state != State.ENDED;
          case CONNECTING -> state == State.DETACHED;
          case CONNECTED -> state == State.CONNECTING;
          case RUNNING -> state == State.CONNECTED;
          case DETACHING ->
              state == State.CONNECTING || state == State.CONNECTED || state == State.RUNNING;
          case ENDED -> state == State.DETACHED || state == State.ENDED;
        };
    if (!legal) {
      throw new IllegalStateException("an I/O queue does not go from " + state + " to " + to);
    }
    state = to;
  }
}
