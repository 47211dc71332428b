package io.dnvme.target.io;

import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.nvme.StatusCode;

/** What hosts are told of a block command's outcome. */
public final class BlockOutcome {

  private static final int[] STATUSES = new int[BlockStatus.values().length];

  static {
    for (BlockStatus status : BlockStatus.values()) {
      STATUSES[status.ordinal()] = translate(status);
    }
  }

  private BlockOutcome() {}

  /** The NVMe status for {@code status}. */
  public static int status(BlockStatus status) {
    return STATUSES[status.ordinal()];
  }

  /** The NVMe status for a failure that means another thing with some operations. */
  public static int status(BlockOp op, BlockStatus status) {
    if (status == BlockStatus.FAILED) {
      return op.changes() || op == BlockOp.FLUSH
          ? StatusCode.WRITE_FAULT.status()
          : StatusCode.UNRECOVERED_READ_ERROR.status();
    }
    return status(status);
  }

  private static int translate(BlockStatus status) {
    return switch (status) {
      case SUCCESS -> StatusCode.SUCCESS.status();
      case OUT_OF_RANGE -> StatusCode.LBA_OUT_OF_RANGE.dnr();
      case INVALID -> StatusCode.INVALID_FIELD.dnr();
      case COMPARE_FAILED -> StatusCode.COMPARE_FAILURE.dnr();
      case READ_FAULT -> StatusCode.UNRECOVERED_READ_ERROR.status();
      case WRITE_FAULT -> StatusCode.WRITE_FAULT.status();
      case CAPACITY_EXCEEDED -> StatusCode.CAPACITY_EXCEEDED.dnr();
      case BUSY -> StatusCode.COMMAND_INTERRUPTED.status();
      case PATH_LOST -> StatusCode.INTERNAL_PATH_ERROR.status();
      case ABORTED -> StatusCode.ABORT_REQUESTED.status();
      case FAILED -> StatusCode.INTERNAL_ERROR.status();
    };
  }
}
