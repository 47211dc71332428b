package io.dnvme.target.controller;

import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.queue.TargetConnection;
import java.util.UUID;

/**
 * A Connect command as it was asked for, its form found to be right.
 *
 * @param command to complete
 * @param portId the portal that the host is connected to
 * @param entries of the queue
 * @param flowControl whether the host wants submission queue heads
 * @param kato milliseconds; 0 for none
 * @param hostNqn as the host says it, of any form: who may connect is said by lists of names, which
 *     one that is no NQN is never in
 */
record Connecting(
    CommandSlot command,
    int portId,
    int qid,
    int entries,
    boolean flowControl,
    long kato,
    UUID hostId,
    int cntlid,
    String subsystemNqn,
    String hostNqn) {

  TargetConnection connection() {
    return command.connection();
  }
}
