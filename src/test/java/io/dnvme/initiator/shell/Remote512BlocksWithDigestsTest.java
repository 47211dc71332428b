package io.dnvme.initiator.shell;

import io.dnvme.initiator.QueueOptions;

/** Blocks of 512 bytes, and both digests. */
class Remote512BlocksWithDigestsTest extends RemoteNamespaceContract {

  Remote512BlocksWithDigestsTest() {
    super(512, QueueOptions.of(1).withDigests(true, true));
  }
}
