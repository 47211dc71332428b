package io.dnvme.disk.format;

import io.dnvme.block.BlockStatus;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/** Commands one after another on one reactor; the first that fails is the last. */
final class Sequence {

  /** Starts something that ends by telling {@code next}. */
  @FunctionalInterface
  interface Step {
    void start(Consumer<BlockStatus> next);
  }

  private final Consumer<BlockStatus> done;
  private final ArrayDeque<Step> steps = new ArrayDeque<>();

  Sequence(Consumer<BlockStatus> done) {
    this.done = done;
  }

  Sequence then(Step step) {
    steps.addLast(step);
    return this;
  }

  void start() {
    goOn(BlockStatus.SUCCESS);
  }

  private void goOn(BlockStatus status) {
    Step step = steps.pollFirst();
    if (!status.isSuccess() || step == null) {
      done.accept(status);
    } else {
      step.start(this::goOn);
    }
  }
}
