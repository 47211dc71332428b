package io.dnvme.target.io;

import io.dnvme.block.BlockOp;
import io.dnvme.nvme.Command;
import io.dnvme.nvme.Status;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.queue.PlantedTargetBug;
import io.dnvme.target.reservation.CommandGroup;
import io.dnvme.target.subsystem.Namespace;

/**
 * Flush, of one namespace or, with NSID FFFFFFFFh, of all that are attached: VWC says that this is
 * possible (NVMe Base 2.0 §7.1).
 */
final class Flush extends Steps {

  @Override
  public void execute(IoQueue queue, CommandSlot command) {
    IoWork.of(command).step = command.sqe().nsid() == Command.NSID_ALL ? 1 : ONE;
    run(queue, command);
  }

  private static final int ONE = -1;
  private static final int ONE_DONE = -2;

  @Override
  int next(IoQueue queue, CommandSlot command) {
    IoWork work = IoWork.of(command);
    if (work.step < 0) {
      return nextOfOne(queue, command, work);
    }
    IoView view = queue.owner().view();
    for (int nsid = work.step; nsid < view.end(); nsid++) {
      Namespace namespace = view.namespace(nsid);
      if (namespace != null) {
        int status = queue.accessStatus(view, namespace, CommandGroup.WRITE);
        if (status != Status.SUCCESS) {
          command.complete(status);
          return COMPLETED;
        }
        work.step = nsid + 1;
        return flush(queue, command, namespace);
      }
    }
    return FINISHED;
  }

  private int nextOfOne(IoQueue queue, CommandSlot command, IoWork work) {
    if (work.step == ONE_DONE) {
      return FINISHED;
    }
    Namespace namespace = queue.accessibleNamespace(command, CommandGroup.WRITE);
    if (namespace == null) {
      return COMPLETED;
    }
    work.step = ONE_DONE;
    return flush(queue, command, namespace);
  }

  private int flush(IoQueue queue, CommandSlot command, Namespace namespace) {
    if (queue.owner().has(PlantedTargetBug.ACKNOWLEDGE_FLUSH_EARLY)) {
      return FINISHED;
    }
    queue.prepare(command, BlockOp.FLUSH, 0, 0);
    queue.submit(command, namespace, stepDone);
    return SUBMITTED;
  }
}
