package io.dnvme.target.io;

import io.dnvme.target.queue.CommandSlot;

/** Executes one I/O command; see {@link io.dnvme.target.queue.QueueRules#execute}. */
@FunctionalInterface
interface IoCommand {
  void execute(IoQueue queue, CommandSlot command);
}
