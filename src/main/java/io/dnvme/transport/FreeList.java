package io.dnvme.transport;

import java.util.ArrayDeque;
import java.util.function.Supplier;

/** Reused objects of one reactor, the one used last first. */
final class FreeList<T> {

  private final ArrayDeque<T> free = new ArrayDeque<>();
  private final Supplier<T> maker;
  private int lent;

  FreeList(Supplier<T> maker) {
    this.maker = maker;
  }

  T take() {
    lent++;
    T object = free.pollLast();
    return object != null ? object : maker.get();
  }

  void giveBack(T object) {
    lent--;
    free.addLast(object);
  }

  int lent() {
    return lent;
  }
}
