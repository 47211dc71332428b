package io.dnvme.initiator;

import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;

/**
 * What an NVMe status means for a block command.
 *
 * <pre>
 *   path related (SCT 3)                  the path's matter: PATH_LOST, only ANA Transition is
 *                                         worth waiting for
 *   transient, and DNR not set            the same command may succeed: try again; in the end
 *                                         BUSY, where the target says no more than that
 *   everything else                       final
 * </pre>
 */
final class StatusMapping {

  private StatusMapping() {}

  /** Whether the same command may succeed a little later on the same path. */
  static boolean isWorthRetrying(int status) {
    if (Status.isDnr(status)) {
      return false;
    }
    return StatusCode.ANA_TRANSITION.is(status)
        || StatusCode.NAMESPACE_NOT_READY.is(status)
        || StatusCode.COMMAND_INTERRUPTED.is(status)
        || StatusCode.TRANSIENT_TRANSPORT_ERROR.is(status)
        || StatusCode.DATA_TRANSFER_ERROR.is(status)
        || StatusCode.INTERNAL_ERROR.is(status)
        || StatusCode.ABORT_REQUESTED.is(status)
        || StatusCode.COMMAND_ID_CONFLICT.is(status);
  }

  /**
   * Whether the target has no such command for the namespace, whatever its controller claims. The
   * Linux target says with Command Size Limit Exceeded that a file system or disk below it does not
   * do it.
   */
  static boolean isUnsupported(int status) {
    return StatusCode.INVALID_OPCODE.is(status)
        || StatusCode.COMMAND_SIZE_LIMIT_EXCEEDED.is(status);
  }

  /** The outcome for good. */
  static BlockStatus of(int status, BlockOp op) {
    if (Status.isSuccess(status)) {
      return BlockStatus.SUCCESS;
    }
    if (Status.isPathRelated(status) || StatusCode.ABORTED_SQ_DELETION.is(status)) {
      return BlockStatus.PATH_LOST;
    }
    if (StatusCode.COMPARE_FAILURE.is(status)) {
      return BlockStatus.COMPARE_FAILED;
    }
    if (StatusCode.LBA_OUT_OF_RANGE.is(status)) {
      return BlockStatus.OUT_OF_RANGE;
    }
    if (StatusCode.CAPACITY_EXCEEDED.is(status)) {
      return BlockStatus.CAPACITY_EXCEEDED;
    }
    if (StatusCode.ABORT_REQUESTED.is(status) || StatusCode.ABORTED_PREEMPT_AND_ABORT.is(status)) {
      return BlockStatus.ABORTED;
    }
    if (StatusCode.INVALID_NAMESPACE_OR_FORMAT.is(status)) {
      return BlockStatus.FAILED;
    }
    if (isBusy(status)) {
      return BlockStatus.BUSY;
    }
    if (isMalformed(status)) {
      return BlockStatus.INVALID;
    }
    return switch (op) {
      case READ, COMPARE -> BlockStatus.READ_FAULT;
      case WRITE, FLUSH, WRITE_ZEROES, DEALLOCATE, COMPARE_AND_WRITE -> BlockStatus.WRITE_FAULT;
    };
  }

  /** Nothing is said against the medium: only its owner knows how long to go on. */
  private static boolean isBusy(int status) {
    return !Status.isDnr(status)
        && (StatusCode.COMMAND_INTERRUPTED.is(status) || StatusCode.NAMESPACE_NOT_READY.is(status));
  }

  private static boolean isMalformed(int status) {
    return StatusCode.INVALID_OPCODE.is(status)
        || StatusCode.INVALID_FIELD.is(status)
        || StatusCode.ATOMIC_WRITE_UNIT_EXCEEDED.is(status)
        || StatusCode.COMMAND_SIZE_LIMIT_EXCEEDED.is(status)
        || StatusCode.ABORTED_FAILED_FUSED.is(status)
        || StatusCode.ABORTED_MISSING_FUSED.is(status);
  }
}
