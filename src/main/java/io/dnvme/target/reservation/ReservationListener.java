package io.dnvme.target.reservation;

/** A controller, as the reservations of one namespace know it. Called on its own reactor. */
public interface ReservationListener {

  /** Another host did something that the controller's host is to be told. */
  void notified(ReservationNotice.Kind kind);

  /**
   * The controller's host was preempted. New commands are refused already; what the controller has
   * given to the device before must be gone before the preempting command completes.
   *
   * @param abortsCommands they are to be aborted (Command Aborted due to Preempt and Abort) where
   *     that is still possible; else it is enough to await them
   * @param gone to be run, on the controller's reactor, once none of them is in flight
   */
  void preempted(boolean abortsCommands, Runnable gone);
}
