package io.dnvme.transport;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A dispatcher's view of a reactor. A dispatcher shuts its executor down whenever it has had no
 * actor for a while, and asks for another one later: so this ends and the reactor does not.
 */
final class ReactorExecutor extends AbstractExecutorService {

  private final EpollReactor reactor;
  private volatile boolean shutDown;

  ReactorExecutor(EpollReactor reactor) {
    this.reactor = reactor;
  }

  @Override
  public void execute(Runnable task) {
    reactor.execute(task);
  }

  @Override
  public void shutdown() {
    shutDown = true;
  }

  @Override
  public List<Runnable> shutdownNow() {
    shutDown = true;
    return List.of();
  }

  @Override
  public boolean isShutdown() {
    return shutDown;
  }

  @Override
  public boolean isTerminated() {
    return shutDown;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return shutDown;
  }
}
