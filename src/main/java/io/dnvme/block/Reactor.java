package io.dnvme.block;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * The thread that owns queue pairs, commands and the mutable state of layers: single-threaded,
 * never blocked. In production an event loop pinned to a core; in the simulator a queue under
 * virtual time.
 */
public interface Reactor extends Executor {

  /** Position among the reactors of the process, from 0; for arrays with one slot a reactor. */
  int index();

  /** Whether the caller runs on this reactor. */
  boolean inReactor();

  /**
   * Runs {@code task} on this reactor, later, in the order of submission. From any thread. Devices
   * and queue pairs use it with a reused task to act once for everything a turn has gathered.
   *
   * @throws RejectedExecutionException once the reactor has ended
   */
  @Override
  void execute(Runnable task);

  Clock clock();

  Timers timers();

  /** Memory for data on its way; touched on this reactor only. */
  BufferPool buffers();
}
