package io.dnvme.disk;

import java.util.Optional;

/**
 * What became known of a file while it was used. After a failed sync the kernel has dropped what it
 * could not write and says nothing at the next one, so such a file has failed for good. Any thread.
 */
final class FileFailure {

  private final Runnable whenLost;
  private volatile String failure;
  private volatile boolean writesThrough = true;

  /**
   * @param whenLost done once, before a failure's first caller goes on; may block
   */
  FileFailure(Runnable whenLost) {
    this.whenLost = whenLost;
  }

  void failed(String what, int errno) {
    failed(what + ": " + Errno.words(errno));
  }

  synchronized void failed(String why) {
    if (failure != null) {
      return;
    }
    // At once: nobody may succeed meanwhile.
    failure = why;
    try {
      whenLost.run();
    } catch (RuntimeException e) {
      failure = why + "; " + e.getMessage();
    }
  }

  boolean isFailed() {
    return failure != null;
  }

  Optional<String> failure() {
    return Optional.ofNullable(failure);
  }

  /** Whether one call writes and makes durable; until it was refused. */
  boolean writesThrough() {
    return writesThrough;
  }

  void cannotWriteThrough() {
    writesThrough = false;
  }
}
