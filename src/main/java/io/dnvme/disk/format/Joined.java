package io.dnvme.disk.format;

import io.dnvme.block.BlockStatus;
import java.util.function.Consumer;

/** One completion for several commands on one reactor: the first failure, or success. */
final class Joined {

  private final Consumer<BlockStatus> done;
  private BlockStatus outcome = BlockStatus.SUCCESS;
  private int outstanding = 1;

  Joined(Consumer<BlockStatus> done) {
    this.done = done;
  }

  /** The completion of one more command. */
  Consumer<BlockStatus> another() {
    outstanding++;
    return this::ended;
  }

  /** No more commands come. */
  void allStarted() {
    ended(BlockStatus.SUCCESS);
  }

  private void ended(BlockStatus status) {
    if (outcome.isSuccess()) {
      outcome = status;
    }
    if (--outstanding == 0) {
      done.accept(outcome);
    }
  }
}
