package io.dnvme.volume.intent;

import java.util.function.Predicate;

/** Tickets that wait, oldest first, linked through themselves. On the group's home reactor. */
final class TicketQueue {

  private IntentTicket first;
  private IntentTicket last;

  boolean isEmpty() {
    return first == null;
  }

  void add(IntentTicket ticket) {
    ticket.link(null);
    if (first == null) {
      first = ticket;
    } else {
      last.link(ticket);
    }
    last = ticket;
  }

  /**
   * Tells those that need not wait any more. What they do meanwhile may add tickets, which are
   * looked at the next time.
   */
  void release(Predicate<IntentTicket> isDone) {
    IntentTicket ticket = first;
    first = null;
    last = null;
    IntentTicket keptFirst = null;
    IntentTicket keptLast = null;
    while (ticket != null) {
      IntentTicket next = ticket.link();
      ticket.link(null);
      if (isDone.test(ticket)) {
        ticket.ready();
      } else if (keptFirst == null) {
        keptFirst = ticket;
        keptLast = ticket;
      } else {
        keptLast.link(ticket);
        keptLast = ticket;
      }
      ticket = next;
    }
    if (keptFirst != null) {
      keptLast.link(first);
      if (first == null) {
        last = keptLast;
      }
      first = keptFirst;
    }
  }

  void releaseAll() {
    release(ticket -> true);
  }
}
