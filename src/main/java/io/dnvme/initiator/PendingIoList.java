package io.dnvme.initiator;

/** A queue of commands, linked through themselves. */
final class PendingIoList {

  private PendingIo first;
  private PendingIo last;
  private int size;

  int size() {
    return size;
  }

  PendingIo first() {
    return first;
  }

  void addLast(PendingIo pending) {
    pending.next = null;
    if (first == null) {
      first = pending;
    } else {
      last.next = pending;
    }
    last = pending;
    size++;
  }

  void addFirst(PendingIo pending) {
    pending.next = first;
    first = pending;
    if (last == null) {
      last = pending;
    }
    size++;
  }

  /** The first one, taken out; null where there is none. */
  PendingIo removeFirst() {
    PendingIo pending = first;
    if (pending != null) {
      first = pending.next;
      pending.next = null;
      size--;
      if (first == null) {
        last = null;
      }
    }
    return pending;
  }
}
