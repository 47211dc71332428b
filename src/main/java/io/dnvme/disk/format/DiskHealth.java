package io.dnvme.disk.format;

import java.util.Optional;

/**
 * Whether a disk can still be trusted. Once a flush failed its cache may have dropped what it said
 * it had, and a later flush would not tell: such a disk has failed until it is opened again. Any
 * thread.
 */
final class DiskHealth {

  private volatile String failure;

  void fail(String why) {
    if (failure == null) {
      failure = why;
    }
  }

  boolean isFailed() {
    return failure != null;
  }

  Optional<String> failure() {
    return Optional.ofNullable(failure);
  }
}
