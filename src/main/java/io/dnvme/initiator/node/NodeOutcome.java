package io.dnvme.initiator.node;

import java.util.UUID;

/**
 * What became of a request to a node; each gets exactly one.
 *
 * @param <R> the reply
 */
public sealed interface NodeOutcome<R> {

  /**
   * The node has answered.
   *
   * @param store which store it was: a holder's identity is its store's (RECORD)
   */
  record Replied<R>(UUID store, R reply) implements NodeOutcome<R> {}

  /**
   * Nothing was done, and nothing will be.
   *
   * @param why for people
   */
  record Refused<R>(String why) implements NodeOutcome<R> {}

  /**
   * No answer that can be understood came, or came in time: whether it is done is not known.
   *
   * @param why for people
   */
  record InDoubt<R>(String why) implements NodeOutcome<R> {}
}
