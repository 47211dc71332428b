package io.dnvme.initiator.shell;

import io.dnvme.initiator.QueueOptions;

/** Blocks of 4096 bytes, a queue on each reactor. */
class Remote4096BlocksTest extends RemoteNamespaceContract {

  Remote4096BlocksTest() {
    super(4096, QueueOptions.of(2));
  }
}
