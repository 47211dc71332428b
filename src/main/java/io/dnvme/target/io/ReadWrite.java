package io.dnvme.target.io;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.nvme.ReadWriteCommand;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.reservation.CommandGroup;
import io.dnvme.target.subsystem.Namespace;

/** Read, Write and Compare (NVM Command Set 1.0 §3.2.4, §3.2.6, §3.2.1). */
final class ReadWrite {

  private static final IoContinuation READ_DONE = ReadWrite::readDone;
  private static final IoContinuation DONE = ReadWrite::done;

  private ReadWrite() {}

  static void read(IoQueue queue, CommandSlot command) {
    Namespace namespace = queue.accessibleNamespace(command, CommandGroup.READ);
    if (namespace == null || isRefused(queue, command, namespace)) {
      return;
    }
    int length = BlockRange.lengthBytes(command, namespace);
    if (!command.acceptsReply(length)) {
      return;
    }
    boolean lends = namespace.device().traits().lendsReads();
    if (!lends && !command.takeBuffer(length)) {
      return;
    }
    BlockIo io =
        queue
            .prepare(command, BlockOp.READ, BlockRange.start(command), BlockRange.blocks(command))
            .forceUnitAccess(BlockRange.isForceUnitAccess(command));
    if (!lends) {
      io.data().add(command.buffer(), 0, length);
    }
    queue.submit(command, namespace, READ_DONE);
  }

  static void write(IoQueue queue, CommandSlot command) {
    Namespace namespace = queue.accessibleNamespace(command, CommandGroup.WRITE);
    if (namespace == null || isRefused(queue, command, namespace)) {
      return;
    }
    int fault = directiveFault(command);
    if (fault != Status.SUCCESS) {
      command.complete(fault);
      return;
    }
    if (fetch(command, namespace)) {
      boolean fua = queue.owner().view().writeThrough() || BlockRange.isForceUnitAccess(command);
      submit(queue, command, namespace, BlockOp.WRITE, fua);
    }
  }

  static void compare(IoQueue queue, CommandSlot command) {
    Namespace namespace = queue.accessibleNamespace(command, CommandGroup.READ);
    if (namespace == null || isRefused(queue, command, namespace)) {
      return;
    }
    if (fetch(command, namespace)) {
      submit(queue, command, namespace, BlockOp.COMPARE, BlockRange.isForceUnitAccess(command));
    }
  }

  /** Directives are not there; a host that uses one with a write all the same must learn it. */
  static int directiveFault(CommandSlot write) {
    if (!ReadWriteCommand.CONTROL_DTYPE.isSet(BlockRange.control(write))) {
      return Status.SUCCESS;
    }
    write.errorLocation(ReadWriteCommand.CONTROL);
    return StatusCode.INVALID_FIELD.dnr();
  }

  private static boolean isRefused(IoQueue queue, CommandSlot command, Namespace namespace) {
    int fault = BlockRange.transferFault(command, namespace, queue.owner().view());
    if (fault == Status.SUCCESS) {
      return false;
    }
    command.complete(fault);
    return true;
  }

  private static boolean fetch(CommandSlot command, Namespace namespace) {
    return command.fetchData(
        BlockRange.lengthBytes(command, namespace),
        namespace.device().traits().consumesWritesOnSubmit());
  }

  private static void submit(
      IoQueue queue, CommandSlot command, Namespace namespace, BlockOp op, boolean fua) {
    BlockIo io =
        queue
            .prepare(command, op, BlockRange.start(command), BlockRange.blocks(command))
            .forceUnitAccess(fua);
    io.data().add(command.data(), command.dataOffset(), BlockRange.lengthBytes(command, namespace));
    queue.submit(command, namespace, DONE);
  }

  private static void readDone(IoQueue queue, CommandSlot command, BlockStatus status) {
    if (status.isSuccess()) {
      command.completeWithData(command.io().data(), (int) command.io().data().lengthBytes(), 0);
    } else {
      done(queue, command, status);
    }
  }

  private static void done(IoQueue queue, CommandSlot command, BlockStatus status) {
    command.complete(BlockOutcome.status(command.io().op(), status));
  }
}
