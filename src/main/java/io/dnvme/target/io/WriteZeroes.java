package io.dnvme.target.io;

import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.nvme.ReadWriteCommand;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.reservation.CommandGroup;
import io.dnvme.target.subsystem.Namespace;

/** Write Zeroes, with DEAC (NVM Command Set 1.0 §3.2.8). Has no data, so MDTS does not bound it. */
public final class WriteZeroes {

  /** WZSL: most bytes of one command, as a power of two of 4 KiB pages: 64 MiB. */
  public static final int WZSL = 14;

  public static final long MAX_BYTES = 4096L << WZSL;

  private static final IoContinuation DONE = WriteZeroes::done;

  private WriteZeroes() {}

  static void execute(IoQueue queue, CommandSlot command) {
    Namespace namespace = queue.accessibleNamespace(command, CommandGroup.WRITE);
    if (namespace == null) {
      return;
    }
    int blocks = BlockRange.blocks(command);
    if ((long) blocks << namespace.geometry().blockShift() > MAX_BYTES) {
      command.errorLocation(ReadWriteCommand.NLB).complete(StatusCode.INVALID_FIELD.dnr());
      return;
    }
    int fault = BlockRange.rangeFault(command, namespace);
    if (fault != Status.SUCCESS) {
      command.complete(fault);
      return;
    }
    boolean fua = queue.owner().view().writeThrough() || BlockRange.isForceUnitAccess(command);
    boolean deac = ReadWriteCommand.CONTROL_DEAC.isSet(BlockRange.control(command));
    queue
        .prepare(command, BlockOp.WRITE_ZEROES, BlockRange.start(command), blocks)
        .forceUnitAccess(fua)
        .mayDeallocate(deac);
    queue.submit(command, namespace, DONE);
  }

  private static void done(IoQueue queue, CommandSlot command, BlockStatus status) {
    command.complete(BlockOutcome.status(BlockOp.WRITE_ZEROES, status));
  }
}
