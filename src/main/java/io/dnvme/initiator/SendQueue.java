package io.dnvme.initiator;

import io.dnvme.nvme.connection.OutgoingPdus;

/**
 * The commands of a connection that have something to send: a capsule, or data that an R2T asked
 * for. First in, first out, so that what was submitted in a row stays in a row.
 */
final class SendQueue {

  private HostCommand first;
  private HostCommand last;

  boolean isEmpty() {
    return first == null;
  }

  void add(HostCommand command) {
    command.next = null;
    if (first == null) {
      first = command;
    } else {
      last.next = command;
    }
    last = command;
  }

  /** Adds as much as {@code batch} takes. */
  void fill(OutgoingPdus batch, HostPduWriter writer) {
    while (first != null && !batch.isFull()) {
      HostCommand command = first;
      if (!command.capsuleSent) {
        command.capsuleSent = true;
        command.phase = HostCommand.Phase.SENT;
        writer.writeCapsule(batch, command);
      } else if (command.hasTransfer()) {
        writer.writeTransfer(batch, command);
      }
      if (!command.hasTransfer()) {
        removeFirst();
      }
    }
  }

  /** Takes {@code command} out; harmless where it is not in. */
  void remove(HostCommand command) {
    HostCommand before = null;
    HostCommand at = first;
    while (at != null && at != command) {
      before = at;
      at = at.next;
    }
    if (at == null) {
      return;
    }
    if (before == null) {
      removeFirst();
      return;
    }
    before.next = at.next;
    at.next = null;
    if (last == at) {
      last = before;
    }
  }

  void clear() {
    first = null;
    last = null;
  }

  private void removeFirst() {
    HostCommand command = first;
    first = command.next;
    command.next = null;
    if (first == null) {
      last = null;
    }
  }
}
