package io.dnvme.target.controller;

import io.dnvme.nvme.AbortCommand;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.io.IoQueue;
import io.dnvme.target.queue.CommandSlot;

/**
 * Abort (NVMe Base 2.0 §5.1): of asynchronous event requests, and of commands that wait for their
 * data, for memory, or for the other half of a fused operation. What a device has is not aborted.
 */
final class Abort {

  private Abort() {}

  static void execute(IoController controller, CommandSlot command) {
    AbortCommand abort = new AbortCommand().wrap(command.sqe().segment(), command.sqe().offset());
    int sqid = abort.sqid();
    int cid = abort.abortedCid();
    if (sqid == 0) {
      boolean aborted =
          controller.abortEventRequest(cid)
              || cid != command.sqe().cid() && controller.connection().abort(cid);
      answer(command, aborted);
      return;
    }
    IoQueue queue = controller.queue(sqid);
    if (queue == null) {
      command.errorLocation(AbortCommand.SQID).complete(StatusCode.INVALID_FIELD.dnr());
      return;
    }
    if (!controller.beginAbort()) {
      command.complete(StatusCode.ABORT_COMMAND_LIMIT_EXCEEDED.dnr());
      return;
    }
    queue
        .reactor()
        .execute(() -> {
          boolean aborted = queue.abort(cid);
          controller
              .home()
              .execute(() -> {
                controller.endAbort();
                answer(command, aborted);
              });
        });
  }

  private static void answer(CommandSlot command, boolean aborted) {
    command.complete(Status.SUCCESS, aborted ? 0 : AbortCommand.RESULT_NOT_ABORTED);
  }
}
