package io.dnvme.target.queue;

import java.util.function.Consumer;

/** Slots first in, first out, chained by themselves: a slot is in one list at a time. */
final class SlotList {

  private CommandSlot first;
  private CommandSlot last;

  boolean isEmpty() {
    return first == null;
  }

  CommandSlot peek() {
    return first;
  }

  void add(CommandSlot slot) {
    slot.link(null);
    if (first == null) {
      first = slot;
    } else {
      last.link(slot);
    }
    last = slot;
  }

  void addFirst(CommandSlot slot) {
    slot.link(first);
    first = slot;
    if (last == null) {
      last = slot;
    }
  }

  void forEach(Consumer<CommandSlot> action) {
    for (CommandSlot at = first; at != null; at = at.link()) {
      action.accept(at);
    }
  }

  void clear() {
    first = null;
    last = null;
  }

  CommandSlot poll() {
    CommandSlot slot = first;
    if (slot != null) {
      first = slot.link();
      slot.link(null);
      if (first == null) {
        last = null;
      }
    }
    return slot;
  }

  void remove(CommandSlot slot) {
    CommandSlot before = null;
    for (CommandSlot at = first; at != null; before = at, at = at.link()) {
      if (at == slot) {
        if (before == null) {
          first = at.link();
        } else {
          before.link(at.link());
        }
        if (last == at) {
          last = before;
        }
        at.link(null);
        return;
      }
    }
  }
}
