package io.dnvme.target.controller;

import io.dnvme.block.Reactor;
import io.dnvme.nvme.ConnectData;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.subsystem.ConnectGate;
import io.dnvme.target.subsystem.Subsystem;
import java.util.UUID;

/**
 * The Connect of an admin queue that waits for its subsystem's gate. What was right when it came is
 * looked at again when it is admitted. On its connection's reactor.
 */
final class GatedConnect implements ConnectGate.Attempt {

  private final Target target;
  private final Connecting request;
  private final Subsystem subsystem;
  private boolean decided;

  GatedConnect(Target target, Connecting request, Subsystem subsystem) {
    this.target = target;
    this.request = request;
    this.subsystem = subsystem;
  }

  @Override
  public Reactor reactor() {
    return request.command().reactor();
  }

  @Override
  public String subsystemNqn() {
    return subsystem.nqn();
  }

  @Override
  public String hostNqn() {
    return request.hostNqn();
  }

  @Override
  public UUID hostId() {
    return request.hostId();
  }

  @Override
  public void admit(Runnable settled) {
    decide();
    CommandSlot command = request.command();
    if (request.connection().isEnding()) {
      // Nobody hears it: the slot is given back, and with the last one the connection.
      command.complete(Status.SUCCESS);
    } else if (target.isStopping()) {
      command.complete(StatusCode.CONNECT_CONTROLLER_BUSY.status());
    } else if (subsystem.isRemoved()) {
      ConnectRefusal.ofData(command, ConnectData.SUBNQN, false);
    } else if (!subsystem.allows(request.hostNqn())) {
      command.complete(StatusCode.CONNECT_INVALID_HOST.dnr());
    } else {
      IoController.admitted(target, request, subsystem);
    }
    settled.run();
  }

  @Override
  public void refuse(int status) {
    decide();
    request.command().complete(status);
  }

  private void decide() {
    if (decided) {
      throw new IllegalStateException("a Connect is decided once");
    }
    decided = true;
  }
}
