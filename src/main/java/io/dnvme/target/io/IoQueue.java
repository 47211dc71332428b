package io.dnvme.target.io;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.IoCounters;
import io.dnvme.block.Reactor;
import io.dnvme.nvme.Command;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.queue.QueueRules;
import io.dnvme.target.queue.TargetConnection;
import io.dnvme.target.reservation.CommandGroup;
import io.dnvme.target.subsystem.Namespace;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The rules of an I/O queue: dispatches commands, pairs fused ones, and knows what its namespaces'
 * devices have in flight. On the queue's reactor, which need not be its controller's.
 */
public final class IoQueue implements QueueRules {

  /** Runs once none of the commands that a device had when it was asked for is there any more. */
  private record Drain(Set<CommandSlot> left, Runnable gone) {}

  private final IoOwner owner;
  private final TargetConnection connection;
  private final int qid;
  private final IoCounters counters = new IoCounters();
  private final AtomicLong lastCommandNanos = new AtomicLong();
  private final BlockIo.Completion completion = this::completed;
  private final List<CommandSlot> inDevices = new ArrayList<>();
  private final List<Drain> drains = new ArrayList<>();
  // In the order of waiting: what is given up first must not hang on where objects lie in memory.
  private final Set<CommandSlot> waitingPairs = new LinkedHashSet<>();

  private CommandSlot fusedFirst;
  private long batchNanos;
  private boolean submitting;
  private boolean disconnected;

  /**
   * @param qid 1 or more
   */
  public IoQueue(IoOwner owner, TargetConnection connection, int qid) {
    this.owner = owner;
    this.connection = connection;
    this.qid = qid;
    batchNanos = connection.reactor().clock().nanos();
    lastCommandNanos.setOpaque(batchNanos);
  }

  public int qid() {
    return qid;
  }

  public TargetConnection connection() {
    return connection;
  }

  public Reactor reactor() {
    return connection.reactor();
  }

  /** What the queue asked of devices; from any thread. */
  public IoCounters counters() {
    return counters;
  }

  /** When the last command came; from any thread. */
  public long lastCommandNanos() {
    return lastCommandNanos.getOpaque();
  }

  @Override
  public boolean mayExecute(long nowNanos) {
    batchNanos = nowNanos;
    lastCommandNanos.setOpaque(nowNanos);
    return true;
  }

  /** Fused commands are paired in the order of arrival; all others are executed. */
  @Override
  public void arrived(CommandSlot command) {
    IoWork work = IoWork.of(command);
    work.begin();
    int fuse = Command.FUSE.get(command.sqe().flags());
    CommandSlot first = fusedFirst;
    fusedFirst = null;
    if (first != null && fuse != Command.FUSE_SECOND) {
      first.complete(StatusCode.ABORTED_MISSING_FUSED.dnr());
    }
    switch (fuse) {
      case Command.FUSE_NORMAL -> execute(command);
      case Command.FUSE_FIRST -> {
        command.keepData();
        fusedFirst = command;
      }
      case Command.FUSE_SECOND -> {
        if (first == null) {
          command.complete(StatusCode.ABORTED_MISSING_FUSED.dnr());
        } else {
          work.partner = first;
          IoWork.of(first).partner = command;
          IoWork.of(first).first = true;
          execute(command);
        }
      }
      default -> command.errorLocation(Command.FLAGS).complete(StatusCode.INVALID_FIELD.dnr());
    }
  }

  @Override
  public void execute(CommandSlot command) {
    IoWork work = IoWork.of(command);
    if (work.partner != null) {
      CommandSlot first = work.first ? command : work.partner;
      CommandSlot second = work.first ? work.partner : command;
      waitingPairs.remove(first);
      CompareAndWrite.execute(this, first, second);
      return;
    }
    int fault = commonFault(command);
    if (fault != Status.SUCCESS) {
      command.complete(fault);
      return;
    }
    IoCommands.find(command.sqe().opc()).execute(this, command);
  }

  /** Aborts what can be aborted: what no device has. */
  public boolean abort(int cid) {
    if (fusedFirst != null && fusedFirst.sqe().cid() == cid) {
      CommandSlot first = fusedFirst;
      fusedFirst = null;
      first.complete(StatusCode.ABORT_REQUESTED.status());
      return true;
    }
    return connection.abort(cid);
  }

  /**
   * Tells when the commands that the namespace's device has of this queue are over; what has not
   * been given to it yet is checked again before it is.
   */
  public void awaitInFlight(Namespace namespace, Runnable gone) {
    Set<CommandSlot> left = new HashSet<>();
    for (CommandSlot command : inDevices) {
      IoWork work = IoWork.of(command);
      if (work.namespace.nsid() == namespace.nsid()) {
        work.watched = true;
        left.add(command);
      }
    }
    if (left.isEmpty()) {
      gone.run();
    } else {
      drains.add(new Drain(left, gone));
    }
  }

  @Override
  public int failed(CommandSlot command, int status) {
    return owner.failed(qid, command, status);
  }

  @Override
  public void finishing() {
    if (fusedFirst != null) {
      CommandSlot first = fusedFirst;
      fusedFirst = null;
      first.complete(StatusCode.ABORTED_MISSING_FUSED.status());
    }
  }

  @Override
  public void connectionEnded() {
    if (fusedFirst != null) {
      fusedFirst.discard();
      fusedFirst = null;
    }
    for (CommandSlot first : waitingPairs) {
      CommandSlot second = IoWork.of(first).partner;
      CommandSlot held = first.isActive() ? first : second;
      if (held.isActive()) {
        held.discard();
      }
    }
    waitingPairs.clear();
    owner.queueEnded(this, disconnected);
  }

  @Override
  public void drained() {
    owner.queueDrained(this);
  }

  // What commands use.

  IoOwner owner() {
    return owner;
  }

  /** The host asked to end this queue: nothing but the connection's end follows. */
  void disconnect() {
    disconnected = true;
  }

  boolean isDisconnected() {
    return disconnected;
  }

  /**
   * The namespace that the command is for, where it may be used for such a command now; else the
   * command is completed and this returns null.
   */
  Namespace accessibleNamespace(CommandSlot command, CommandGroup group) {
    IoView view = owner.view();
    Namespace namespace = view.namespaceOf(command);
    if (namespace == null) {
      return null;
    }
    int status = accessStatus(view, namespace, group);
    if (status != Status.SUCCESS) {
      command.complete(status);
      return null;
    }
    return namespace;
  }

  /** Whether ANA and reservations let commands of the group through. */
  int accessStatus(IoView view, Namespace namespace, CommandGroup group) {
    int status = view.ana().status(namespace.anaGroupId());
    return status != Status.SUCCESS
        ? status
        : namespace.reservations().status(owner.hostId(), group);
  }

  /** The fused pair waits for data or memory of one half; the other is held here. */
  void pairWaits(CommandSlot first) {
    waitingPairs.add(first);
  }

  /** Prepares the command's block command; then {@link #submit}. */
  BlockIo prepare(CommandSlot command, BlockOp op, long startBlock, long blocks) {
    return command.io().prepare(op, startBlock, blocks).onCompletion(completion, command);
  }

  /**
   * Gives the command's block command to the device.
   *
   * @param then what follows; called on this reactor, maybe before this returns
   */
  void submit(CommandSlot command, Namespace namespace, IoContinuation then) {
    IoWork work = IoWork.of(command);
    work.namespace = namespace;
    work.then = then;
    work.stampNanos = batchNanos;
    work.placement = inDevices.size();
    inDevices.add(command);
    counters.started();
    boolean outer = submitting;
    submitting = true;
    if (isDurable(command.io()) && owner.takeLoss()) {
      command.io().complete(BlockStatus.WRITE_FAULT);
    } else {
      namespace.device().submit(command.io());
    }
    submitting = outer;
  }

  /** Whether its success tells the host that what it wrote is on the medium. */
  private static boolean isDurable(BlockIo io) {
    return io.op() == BlockOp.FLUSH || io.forceUnitAccess() && io.op().changes();
  }

  private void completed(BlockIo io) {
    var command = (CommandSlot) io.context();
    IoWork work = IoWork.of(command);
    BlockStatus status = io.status();
    long bytes = io.blockCount() << work.namespace.geometry().blockShift();
    // What completes while it is being submitted took no time worth a look at the clock.
    long nanos = submitting ? 0 : reactor().clock().nanos() - work.stampNanos;
    counters.finished(io.op(), status, bytes, nanos);
    leaveDevice(command, work.placement);
    boolean watched = work.watched;
    work.watched = false;
    work.then.completed(this, command, status);
    if (watched) {
      leaveDrains(command);
    }
  }

  private void leaveDevice(CommandSlot command, int placement) {
    CommandSlot moved = inDevices.removeLast();
    if (moved != command) {
      inDevices.set(placement, moved);
      IoWork.of(moved).placement = placement;
    }
  }

  private void leaveDrains(CommandSlot command) {
    for (Drain drain : List.copyOf(drains)) {
      if (drain.left.remove(command) && drain.left.isEmpty()) {
        drains.remove(drain);
        drain.gone.run();
      }
    }
  }

  /** What is wrong with any command at this time, or success. */
  int commonFault(CommandSlot command) {
    if (disconnected) {
      return StatusCode.COMMAND_SEQUENCE_ERROR.dnr();
    }
    int flags = command.sqe().flags();
    if (Command.PSDT.get(flags) != Command.PSDT_SGL) {
      command.errorLocation(Command.FLAGS);
      return StatusCode.INVALID_FIELD.dnr();
    }
    return Status.SUCCESS;
  }
}
