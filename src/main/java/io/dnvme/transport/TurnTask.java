package io.dnvme.transport;

/**
 * Something to be done at the end of a reactor's turn, once for all who asked within it. Its own
 * list node, so that asking allocates nothing.
 */
abstract class TurnTask {

  TurnTask next;
  boolean enlisted;

  /** On the reactor, outside of any stream. */
  abstract void endOfTurn();
}
