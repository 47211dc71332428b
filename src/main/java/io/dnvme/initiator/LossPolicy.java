package io.dnvme.initiator;

/** What becomes of commands while the controller is not connected. */
public enum LossPolicy {
  /**
   * They complete with PATH_LOST at once, and so do those in flight at the loss: whoever submitted
   * them has other paths, or decides by itself.
   */
  FAIL,

  /**
   * They wait, within a limit, for the controller to come back, and those in flight at the loss are
   * sent again: to the same namespace (its identity is compared), with the same content, not before
   * the target's command quiesce time has passed, so that doing it twice does what doing it once
   * does. A Compare-and-Write that was sent is never sent again, but completes with PATH_LOST: it
   * would miscompare with itself.
   *
   * <p>Not covered: a target that lost acknowledged, unflushed writes with its power in between;
   * and a submitter that lets others overwrite a block while its own write of it is still in
   * flight. Who must know of losses compares {@link RemoteNamespace#associations}.
   */
  WAIT
}
