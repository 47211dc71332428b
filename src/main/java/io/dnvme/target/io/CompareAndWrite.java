package io.dnvme.target.io;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.nvme.IoOpcode;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.reservation.CommandGroup;
import io.dnvme.target.subsystem.Namespace;

/**
 * The fused operation Compare and Write (NVM Command Set 1.0 §3.1.1): one block command, of which
 * no half is executed where the other cannot be.
 *
 * <pre>
 *   what fails            first (Compare) completes with   second (Write) completes with
 *   first is wrong        what is wrong                    Aborted due to Failed Fused
 *   second is wrong       Aborted due to Failed Fused      what is wrong
 *   ranges differ         Invalid Field                    Invalid Field
 *   more than ACWU        Atomic Write Unit Exceeded       Atomic Write Unit Exceeded
 *   content differs       Compare Failure                  Aborted due to Failed Fused
 *   the device fails      success of the compare unknown: Aborted due to Failed Fused, and why
 * </pre>
 */
public final class CompareAndWrite {

  /** ACWU: most logical blocks of one command. */
  public static final int MAX_BLOCKS = 128;

  private static final IoContinuation DONE = CompareAndWrite::done;
  private static final int FAILED_FUSED = StatusCode.ABORTED_FAILED_FUSED.status();

  private CompareAndWrite() {}

  static void execute(IoQueue queue, CommandSlot first, CommandSlot second) {
    if (!areCompareAndWrite(first, second)) {
      both(first, StatusCode.INVALID_FIELD.dnr(), second, StatusCode.INVALID_FIELD.dnr());
      return;
    }
    if (BlockRange.blocks(first) > MAX_BLOCKS) {
      int status = StatusCode.ATOMIC_WRITE_UNIT_EXCEEDED.dnr();
      both(first, status, second, status);
      return;
    }
    IoView view = queue.owner().view();
    Namespace namespace = view.namespace(first.sqe().nsid());
    if (namespace == null) {
      int status =
          IoView.isValid(first.sqe().nsid())
              ? StatusCode.INVALID_FIELD.dnr()
              : StatusCode.INVALID_NAMESPACE_OR_FORMAT.dnr();
      both(first, status, second, FAILED_FUSED);
      return;
    }
    int fault = fault(queue, first, namespace, CommandGroup.READ);
    if (fault != Status.SUCCESS) {
      both(first, fault, second, FAILED_FUSED);
      return;
    }
    fault = fault(queue, second, namespace, CommandGroup.WRITE);
    if (fault != Status.SUCCESS) {
      both(first, FAILED_FUSED, second, fault);
      return;
    }
    submit(queue, first, second, namespace);
  }

  private static void submit(
      IoQueue queue, CommandSlot first, CommandSlot second, Namespace namespace) {
    int length = BlockRange.lengthBytes(first, namespace);
    boolean consumes = namespace.device().traits().consumesWritesOnSubmit();
    int compared = first.fetch(length, false);
    if (compared == CommandSlot.PENDING) {
      // The second half's data must outlive this call, too, should it have come with it.
      second.keepData();
      queue.pairWaits(first);
      return;
    }
    if (compared != Status.SUCCESS) {
      both(first, compared, second, FAILED_FUSED);
      return;
    }
    int written = second.fetch(length, consumes);
    if (written == CommandSlot.PENDING) {
      queue.pairWaits(first);
      return;
    }
    if (written != Status.SUCCESS) {
      both(first, FAILED_FUSED, second, written);
      return;
    }
    boolean fua = queue.owner().view().writeThrough() || BlockRange.isForceUnitAccess(second);
    BlockIo io =
        queue
            .prepare(
                second,
                BlockOp.COMPARE_AND_WRITE,
                BlockRange.start(second),
                BlockRange.blocks(second))
            .forceUnitAccess(fua);
    io.compareData().add(first.data(), first.dataOffset(), length);
    io.data().add(second.data(), second.dataOffset(), length);
    queue.submit(second, namespace, DONE);
  }

  private static void done(IoQueue queue, CommandSlot second, BlockStatus status) {
    CommandSlot first = IoWork.of(second).partner;
    switch (status) {
      case SUCCESS -> both(first, Status.SUCCESS, second, Status.SUCCESS);
      case COMPARE_FAILED -> both(first, StatusCode.COMPARE_FAILURE.dnr(), second, FAILED_FUSED);
      default ->
          both(first, FAILED_FUSED, second, BlockOutcome.status(BlockOp.COMPARE_AND_WRITE, status));
    }
  }

  /** The first half always completes first. */
  private static void both(CommandSlot first, int status, CommandSlot second, int secondStatus) {
    first.complete(status);
    second.complete(secondStatus);
  }

  private static boolean areCompareAndWrite(CommandSlot first, CommandSlot second) {
    return first.sqe().opc() == IoOpcode.COMPARE
        && second.sqe().opc() == IoOpcode.WRITE
        && first.sqe().nsid() == second.sqe().nsid()
        && BlockRange.start(first) == BlockRange.start(second)
        && BlockRange.blocks(first) == BlockRange.blocks(second);
  }

  /** What is wrong with a half as it would be with a command of its own, or success. */
  private static int fault(
      IoQueue queue, CommandSlot half, Namespace namespace, CommandGroup group) {
    IoView view = queue.owner().view();
    int fault = queue.commonFault(half);
    if (fault == Status.SUCCESS) {
      fault = queue.accessStatus(view, namespace, group);
    }
    if (fault == Status.SUCCESS) {
      fault = BlockRange.transferFault(half, namespace, view);
    }
    if (fault == Status.SUCCESS && group == CommandGroup.WRITE) {
      fault = ReadWrite.directiveFault(half);
    }
    return fault;
  }
}
