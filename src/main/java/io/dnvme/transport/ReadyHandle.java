package io.dnvme.transport;

import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A descriptor that a reactor waits on. Whatever its owner throws ends with it: past this point an
 * error would end the event loop, and an exception would lose the other events of the same wait,
 * which come only once. On its reactor only.
 */
abstract class ReadyHandle implements EpollIoHandle {

  private static final Logger log = LoggerFactory.getLogger(ReadyHandle.class);

  private final Poller poller;

  ReadyHandle(EpollReactor reactor) {
    poller = reactor.poller();
  }

  /**
   * @param what EPOLLIN and its like, those that hold now
   */
  abstract void ready(int what);

  /** Gives the descriptor up; also when the event loop ends. */
  @Override
  public abstract void close();

  /** {@link #ready} threw; the owner gives the descriptor up or lives with it. */
  abstract void failed(Throwable e);

  @Override
  public final void handle(IoRegistration registration, IoEvent event) {
    poller.woken();
    try {
      ready(((EpollIoEvent) event).ops().value());
    } catch (RuntimeException | Error e) {
      try {
        failed(e);
      } catch (RuntimeException | Error another) {
        log.error("{} failed, and so did its end", this, another);
      }
    }
  }
}
