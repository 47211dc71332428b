package io.dnvme.target.reservation;

import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * What {@link ReservationRules} decided on a command.
 *
 * @param status what it completes with, once the rest is done
 * @param state the state from then on
 * @param notices whom to tell what
 * @param preempted hosts whose commands must be gone before the command completes
 * @param abortsCommands whether those commands are to be aborted, not only awaited
 */
public record ReservationOutcome(
    int status,
    ReservationState state,
    List<ReservationNotice> notices,
    Set<UUID> preempted,
    boolean abortsCommands) {

  static ReservationOutcome refused(int status, ReservationState state) {
    return new ReservationOutcome(status, state, List.of(), Set.of(), false);
  }
}
