package io.dnvme.initiator;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;

/**
 * A block command on its way through an I/O queue, from submission to completion: what is known of
 * it besides the request. Pooled by the queue; lives on the queue's reactor.
 */
final class PendingIo {

  RemoteNamespace namespace;
  BlockIo io;
  PendingIo next;
  int retries;

  /** How far a command that goes out in pieces has come; see {@link RemoteNamespace}. */
  long position;

  /** What the piece under way adds to the position. */
  long pieceBlocks;

  // A Compare-and-Write is two commands.
  int fusedLeft;
  private int compareStatus;
  private int writeStatus;
  private boolean fusedLost;
  private boolean fusedSent;

  void start(RemoteNamespace of, BlockIo command) {
    namespace = of;
    io = command;
    next = null;
    retries = 0;
    position = 0;
    pieceBlocks = 0;
  }

  boolean isFused() {
    return io.op() == BlockOp.COMPARE_AND_WRITE;
  }

  void startFused() {
    fusedLeft = 2;
    compareStatus = Status.SUCCESS;
    writeStatus = Status.SUCCESS;
    fusedLost = false;
    fusedSent = false;
  }

  /** Notes one command's end; true when both have ended. */
  boolean fusedCompleted(HostCommand command, boolean compare) {
    fusedLost |= command.isLost();
    fusedSent |= command.wasSent();
    if (compare) {
      compareStatus = command.status();
    } else {
      writeStatus = command.status();
    }
    return --fusedLeft == 0;
  }

  boolean isFusedLost() {
    return fusedLost;
  }

  boolean isFusedSent() {
    return fusedSent;
  }

  /** The one that says why: an "aborted because of the other" does not. */
  int fusedStatus() {
    boolean compareSaysWhy =
        !Status.isSuccess(compareStatus)
            && !StatusCode.ABORTED_FAILED_FUSED.is(compareStatus)
            && !StatusCode.ABORTED_MISSING_FUSED.is(compareStatus);
    if (compareSaysWhy || Status.isSuccess(writeStatus)) {
      return compareStatus;
    }
    return writeStatus;
  }

  void forget() {
    namespace = null;
    io = null;
    next = null;
  }
}
