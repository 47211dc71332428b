package io.dnvme.main;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was started, to be ended in reverse order; one that fails to end does not keep the others.
 * From one thread at a time.
 */
public final class Closers implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Closers.class);

  /** Ends something. */
  @FunctionalInterface
  public interface Closer {
    void close() throws Exception;
  }

  private final Deque<Closer> closers = new ArrayDeque<>();

  /** Has {@code resource} closed before all that was added earlier. */
  public synchronized <T extends AutoCloseable> T add(T resource) {
    closers.push(resource::close);
    return resource;
  }

  /** Likewise, for what is no resource. */
  public synchronized void addStep(Closer closer) {
    closers.push(closer);
  }

  @Override
  public synchronized void close() {
    while (!closers.isEmpty()) {
      try {
        closers.pop().close();
      } catch (Exception | Error e) {
        LOG.error("while stopping: {}", e.toString(), e);
      }
    }
  }
}
