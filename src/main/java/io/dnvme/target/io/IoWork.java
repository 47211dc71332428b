package io.dnvme.target.io;

import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.subsystem.Namespace;

/** What an I/O queue keeps with each command's slot. On the queue's reactor. */
final class IoWork {

  // The block command that the device has.
  Namespace namespace;
  IoContinuation then;
  int placement;
  long stampNanos;
  boolean watched;

  /** The other half of a fused pair; null for other commands. */
  CommandSlot partner;

  /** Whether this is the first half. */
  boolean first;

  /** How far a command of several steps is. */
  int step;

  /** Blocks of the present step that are done or under way, where it is done in parts. */
  long position;

  /** Whether a step completed while it was being submitted. */
  boolean stepDone;

  /** Whether the loop over the steps is on the stack. */
  boolean stepping;

  static IoWork of(CommandSlot command) {
    var work = (IoWork) command.attachment();
    if (work == null) {
      work = new IoWork();
      command.attachment(work);
    }
    return work;
  }

  void begin() {
    partner = null;
    first = false;
    step = 0;
    position = 0;
    watched = false;
  }
}
