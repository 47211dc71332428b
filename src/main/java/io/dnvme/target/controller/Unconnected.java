package io.dnvme.target.controller;

import io.dnvme.nvme.Command;
import io.dnvme.nvme.ConnectCommand;
import io.dnvme.nvme.ConnectData;
import io.dnvme.nvme.FabricsCommand;
import io.dnvme.nvme.Nqn;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.queue.QueueRules;
import java.util.UUID;

/**
 * The rules of a connection that is no queue pair yet: it takes Connect and nothing else (NVMe over
 * Fabrics 1.1 §3.3). What is wrong with the form of a Connect is said here; DNR stands only where
 * trying again cannot help, since it makes a host give the path up for good.
 */
final class Unconnected implements QueueRules {

  private static final UUID NO_HOST_ID = new UUID(0, 0);
  private static final int FCTYPE_MASK = 0xff;

  private final Target target;
  private final int portId;

  Unconnected(Target target, int portId) {
    this.target = target;
    this.portId = portId;
  }

  @Override
  public boolean mayExecute(long nowNanos) {
    return true;
  }

  @Override
  public void execute(CommandSlot command) {
    SubmissionQueueEntry sqe = command.sqe();
    if (sqe.opc() != FabricsCommand.OPCODE
        || (sqe.nsid() & FCTYPE_MASK) != FabricsCommand.FCTYPE_CONNECT) {
      command.complete(StatusCode.COMMAND_SEQUENCE_ERROR.dnr());
      return;
    }
    if (Command.PSDT.get(sqe.flags()) != Command.PSDT_SGL || Command.FUSE.isSet(sqe.flags())) {
      command.complete(StatusCode.INVALID_FIELD.dnr());
      return;
    }
    ConnectCommand connect = new ConnectCommand().wrap(sqe.segment(), sqe.offset());
    if (connect.recfmt() != 0) {
      command.complete(StatusCode.CONNECT_INCOMPATIBLE_FORMAT.dnr());
      return;
    }
    if (command.fetchData(ConnectData.SIZE, true)) {
      connect(command, connect);
    }
  }

  private void connect(CommandSlot command, ConnectCommand connect) {
    ConnectData data = new ConnectData().wrap(command.data(), command.dataOffset());
    UUID hostId = data.hostid();
    String subsystemNqn = data.subnqn();
    String hostNqn = data.hostnqn();
    int entries = connect.sqsize() + 1;
    if (hostId.equals(NO_HOST_ID)) {
      ConnectRefusal.ofData(command, ConnectData.HOSTID, true);
    } else if (subsystemNqn == null) {
      ConnectRefusal.ofData(command, ConnectData.SUBNQN, true);
    } else if (hostNqn == null) {
      ConnectRefusal.ofData(command, ConnectData.HOSTNQN, true);
    } else if (entries < 2 || entries > target.limits().queueEntries()) {
      ConnectRefusal.ofCommand(command, ConnectCommand.SQSIZE, true);
    } else {
      boolean flowControl = !ConnectCommand.CATTR_DISABLE_SQ_FLOW_CONTROL.isSet(connect.cattr());
      route(
          new Connecting(
              command,
              portId,
              connect.qid(),
              entries,
              flowControl,
              connect.kato(),
              hostId,
              data.cntlid(),
              subsystemNqn,
              hostNqn));
    }
  }

  private void route(Connecting request) {
    if (request.qid() > 0) {
      IoController controller = target.controllers().find(request.subsystemNqn(), request.cntlid());
      if (controller == null) {
        ConnectRefusal.ofData(request.command(), ConnectData.CNTLID, false);
      } else {
        controller.connectIoQueue(request);
      }
      return;
    }
    if (request.cntlid() != ConnectData.CNTLID_DYNAMIC) {
      ConnectRefusal.ofData(request.command(), ConnectData.CNTLID, true);
    } else if (target.isStopping()) {
      request.command().complete(StatusCode.CONNECT_CONTROLLER_BUSY.status());
    } else if (request.subsystemNqn().equals(Nqn.DISCOVERY)) {
      DiscoveryController.connect(target, request);
    } else {
      IoController.connect(target, request);
    }
  }

  @Override
  public void connectionEnded() {}

  @Override
  public void drained() {}
}
