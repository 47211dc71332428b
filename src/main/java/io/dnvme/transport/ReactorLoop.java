package io.dnvme.transport;

import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.SelectStrategy;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.RejectedExecutionHandlers;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.util.concurrent.ThreadFactory;

/**
 * Netty's event loop with an end to each turn:
 *
 * <pre>
 *   turn:  wait for events ─► handle them ─► run tasks ─► run the tasks of the turn's end
 * </pre>
 */
final class ReactorLoop extends SingleThreadIoEventLoop {

  /** After so long in tasks alone events are looked for again. */
  private static final long TASK_QUANTUM_MILLIS = 2;

  /** The most events that one look gives. */
  private static final int MAX_EVENTS = 512;

  private final TurnTasks turnTasks = new TurnTasks();
  private long turn;

  ReactorLoop(ThreadFactory threads, SelectStrategy strategy) {
    super(
        null,
        threads,
        new EpollFactory(strategy),
        Integer.MAX_VALUE,
        RejectedExecutionHandlers.reject(),
        TASK_QUANTUM_MILLIS);
  }

  /** Counts turns; for limits of what may be done in one. */
  long turn() {
    return turn;
  }

  TurnTasks turnTasks() {
    return turnTasks;
  }

  @Override
  protected int runIo() {
    turn++;
    return super.runIo();
  }

  @Override
  protected boolean hasTasks() {
    return super.hasTasks() || !turnTasks.isEmpty();
  }

  @Override
  protected void afterRunningAllTasks() {
    super.afterRunningAllTasks();
    turnTasks.run();
  }

  /** Never changes threads, which spares the loop the measuring of its own load. */
  private record EpollFactory(SelectStrategy strategy) implements IoHandlerFactory {
    @Override
    public IoHandler newHandler(ThreadAwareExecutor executor) {
      return EpollIoHandler.newFactory(MAX_EVENTS, () -> strategy).newHandler(executor);
    }
  }
}
