package io.dnvme.target.io;

import io.dnvme.nvme.DisconnectCommand;
import io.dnvme.nvme.FabricsCommand;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.target.queue.CommandSlot;

/** Fabrics commands on an I/O queue: only Disconnect has a meaning there (NVMe Base 2.0 §6). */
final class IoFabrics {

  private IoFabrics() {}

  static void execute(IoQueue queue, CommandSlot command) {
    SubmissionQueueEntry sqe = command.sqe();
    switch (sqe.nsid() & 0xff) {
      case FabricsCommand.FCTYPE_DISCONNECT -> {
        int recfmt = new DisconnectCommand().wrap(sqe.segment(), sqe.offset()).recfmt();
        if (recfmt != 0) {
          command.complete(StatusCode.CONNECT_INCOMPATIBLE_FORMAT.dnr());
        } else {
          queue.disconnect();
          command.complete(Status.SUCCESS);
        }
      }
      case FabricsCommand.FCTYPE_CONNECT ->
          command.complete(StatusCode.COMMAND_SEQUENCE_ERROR.dnr());
      default ->
          command.errorLocation(FabricsCommand.FCTYPE).complete(StatusCode.INVALID_OPCODE.dnr());
    }
  }
}
