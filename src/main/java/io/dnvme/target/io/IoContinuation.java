package io.dnvme.target.io;

import io.dnvme.block.BlockStatus;
import io.dnvme.target.queue.CommandSlot;

/** What follows when a device is done with a command's block command. Shared, without state. */
@FunctionalInterface
interface IoContinuation {
  void completed(IoQueue queue, CommandSlot command, BlockStatus status);
}
