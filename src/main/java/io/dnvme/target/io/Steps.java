package io.dnvme.target.io;

import io.dnvme.block.BlockStatus;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.queue.CommandSlot;

/**
 * A command that is several block commands, one after another. The first failure ends it. However
 * many steps complete at once, the stack stays flat.
 */
abstract class Steps implements IoCommand {

  /** Nothing is left to do. */
  static final int FINISHED = 0;

  /** A block command was submitted with {@link #stepDone}. */
  static final int SUBMITTED = 1;

  /** The command is completed, or executed again from its beginning. */
  static final int COMPLETED = 2;

  /** Goes on where {@link IoWork#step} says, moving it on; as above. */
  abstract int next(IoQueue queue, CommandSlot command);

  final IoContinuation stepDone = this::stepDone;

  /** Runs steps until one is not done at once. */
  final void run(IoQueue queue, CommandSlot command) {
    IoWork work = IoWork.of(command);
    do {
      if (!queue.connection().mayGoOn()) {
        // The host may have the rest done by another path already, and more after it (STALE-PATH).
        work.stepping = false;
        command.complete(StatusCode.ABORT_REQUESTED.status());
        return;
      }
      work.stepDone = false;
      work.stepping = true;
      int outcome = next(queue, command);
      if (outcome == COMPLETED) {
        work.stepping = false;
        return;
      }
      if (outcome == FINISHED) {
        work.stepping = false;
        command.complete(Status.SUCCESS);
        return;
      }
    } while (work.stepDone);
    work.stepping = false;
  }

  private void stepDone(IoQueue queue, CommandSlot command, BlockStatus status) {
    IoWork work = IoWork.of(command);
    if (!status.isSuccess()) {
      // Ends a loop that may be further up the stack, too.
      work.stepDone = false;
      command.complete(BlockOutcome.status(command.io().op(), status));
    } else if (work.stepping) {
      work.stepDone = true;
    } else {
      run(queue, command);
    }
  }
}
