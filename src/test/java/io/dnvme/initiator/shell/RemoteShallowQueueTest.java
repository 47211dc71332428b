package io.dnvme.initiator.shell;

import io.dnvme.initiator.QueueOptions;

/** A queue that is always full. */
class RemoteShallowQueueTest extends RemoteNamespaceContract {

  RemoteShallowQueueTest() {
    super(4096, QueueOptions.of(1).withDepth(2));
  }
}
