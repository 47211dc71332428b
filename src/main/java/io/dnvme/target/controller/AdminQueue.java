package io.dnvme.target.controller;

import io.dnvme.nvme.Command;
import io.dnvme.nvme.FabricsCommand;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.queue.QueueRules;
import java.util.ArrayList;
import java.util.List;

/** The rules of an admin queue. On its reactor, which is its controller's. */
final class AdminQueue<C extends Controller> implements QueueRules {

  private final C controller;
  private final AdminCommands<C> commands;
  // Asynchronous event requests that wait.
  private final List<CommandSlot> held = new ArrayList<>();

  AdminQueue(C controller, AdminCommands<C> commands) {
    this.controller = controller;
    this.commands = commands;
  }

  @Override
  public boolean mayExecute(long nowNanos) {
    controller.commandCame(nowNanos);
    return controller.isServing();
  }

  @Override
  public void execute(CommandSlot command) {
    controller.commandCame(controller.home().clock().nanos());
    int flags = command.sqe().flags();
    if (Command.PSDT.get(flags) != Command.PSDT_SGL || Command.FUSE.isSet(flags)) {
      command.errorLocation(Command.FLAGS).complete(StatusCode.INVALID_FIELD.dnr());
      return;
    }
    int opcode = command.sqe().opc();
    if (opcode == FabricsCommand.OPCODE) {
      AdminFabrics.execute(controller, command);
      return;
    }
    if (!controller.properties().isReady() || !controller.isLive()) {
      command.complete(StatusCode.COMMAND_SEQUENCE_ERROR.dnr());
      return;
    }
    AdminCommand<C> found = commands.find(opcode);
    if (found != null) {
      found.execute(controller, command);
    } else if (!controller.executeVendorSpecific(command)) {
      command.errorLocation(Command.OPC).complete(StatusCode.INVALID_OPCODE.dnr());
    }
  }

  /** Keeps a command until {@link #release}. */
  void hold(CommandSlot command) {
    held.add(command);
  }

  /** The kept command of that identifier is no longer kept here; null where there is none. */
  CommandSlot release(int cid) {
    for (CommandSlot command : held) {
      if (command.sqe().cid() == cid) {
        held.remove(command);
        return command;
      }
    }
    return null;
  }

  /** Aborts all that is kept. */
  void abortHeld() {
    List<CommandSlot> all = List.copyOf(held);
    held.clear();
    all.forEach(command -> command.complete(StatusCode.ABORT_REQUESTED.status()));
  }

  @Override
  public int failed(CommandSlot command, int status) {
    return Status.code(status) == StatusCode.ABORT_REQUESTED.status()
        ? status
        : controller.errors().add(0, command, status);
  }

  @Override
  public void finishing() {
    abortHeld();
  }

  @Override
  public void connectionEnded() {
    held.forEach(CommandSlot::discard);
    held.clear();
    boolean left = controller.properties().isGivenUp();
    controller.end(left ? EndReason.HOST_LEFT : EndReason.ADMIN_QUEUE_GONE);
  }

  @Override
  public void drained() {
    controller.release();
  }
}
