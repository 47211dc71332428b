package io.dnvme.target.io;

import io.dnvme.nvme.ReadWriteCommand;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.SubmissionQueueEntry;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.subsystem.Namespace;

/**
 * The logical blocks that a command names: SLBA and NLB (NVM Command Set 1.0 §3.2). Protection
 * information is not there, so PRINFO and what belongs to it is not looked at; LR neither.
 */
final class BlockRange {

  private BlockRange() {}

  static long start(CommandSlot command) {
    SubmissionQueueEntry sqe = command.sqe();
    return sqe.cdw10() & 0xffff_ffffL | (long) sqe.cdw11() << 32;
  }

  /** 1 to 65,536. */
  static int blocks(CommandSlot command) {
    return (command.sqe().cdw12() & 0xffff) + 1;
  }

  static boolean isForceUnitAccess(CommandSlot command) {
    return ReadWriteCommand.CONTROL_FUA.isSet(control(command));
  }

  static int control(CommandSlot command) {
    return command.sqe().cdw12() >>> 16;
  }

  /** Length in bytes of the command's data. */
  static int lengthBytes(CommandSlot command, Namespace namespace) {
    return blocks(command) << namespace.geometry().blockShift();
  }

  /** What is wrong with a command that transfers its blocks, or success. */
  static int transferFault(CommandSlot command, Namespace namespace, IoView view) {
    int limit = Math.min(view.maxTransferBytes(), namespace.device().traits().maxTransferBytes());
    long length = (long) blocks(command) << namespace.geometry().blockShift();
    if (length > limit) {
      command.errorLocation(ReadWriteCommand.NLB);
      return StatusCode.INVALID_FIELD.dnr();
    }
    return rangeFault(command, namespace);
  }

  /** What is wrong with the command's blocks, or success. */
  static int rangeFault(CommandSlot command, Namespace namespace) {
    if (!namespace.geometry().contains(start(command), blocks(command))) {
      command.errorLocation(ReadWriteCommand.SLBA);
      return StatusCode.LBA_OUT_OF_RANGE.dnr();
    }
    return Status.SUCCESS;
  }
}
