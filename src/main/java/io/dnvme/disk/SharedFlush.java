package io.dnvme.disk;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockStatus;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * Flushes that come while one runs wait together and share the next one: a flush must cover what
 * was acknowledged before it came, so it cannot share one that began earlier. Of the threads that
 * bring flushes one runs them, the others go on with other work. Uses {@link BlockIo#link}.
 */
final class SharedFlush {

  private final AtomicReference<BlockIo> waiting = new AtomicReference<>();
  private final AtomicBoolean running = new AtomicBoolean();
  private final Supplier<BlockStatus> sync;
  private final BiConsumer<BlockIo, BlockStatus> done;

  /**
   * @param sync makes everything written durable, one call at a time, and says whether it is; never
   *     throws, for then nobody would complete the commands that wait for it
   * @param done told once of each command whose data is durable now, or cannot be made so; never
   *     throws
   */
  SharedFlush(Supplier<BlockStatus> sync, BiConsumer<BlockIo, BlockStatus> done) {
    this.sync = sync;
    this.done = done;
  }

  /** On an I/O thread; {@code io} is told of when everything written before is durable. */
  void join(BlockIo io) {
    BlockIo before;
    do {
      before = waiting.get();
      io.link(before);
    } while (!waiting.compareAndSet(before, io));
    while (waiting.get() != null && running.compareAndSet(false, true)) {
      try {
        flush(waiting.getAndSet(null));
      } finally {
        running.set(false);
      }
    }
  }

  private void flush(BlockIo newest) {
    if (newest == null) {
      return;
    }
    BlockStatus status = sync.get();
    BlockIo io = newest;
    while (io != null) {
      BlockIo older = io.link();
      io.link(null);
      done.accept(io, status);
      io = older;
    }
  }
}
