package io.dnvme.initiator;

import io.dnvme.nvme.CapsuleCmd;

/**
 * How one connection is to be spoken.
 *
 * @param maxCommands commands in flight at a time, at most {@link CommandTable#MAX_COMMANDS}; one
 *     less than the submission queue's entries
 * @param headerDigest ask for header digests; a target that refuses them is refused
 * @param dataDigest likewise for data digests
 * @param maxInCapsuleBytes write data up to this length goes with its command
 * @param maxTransferBytes the most data that one command of the connection carries
 * @param handshakeTimeoutNanos for the ICResp to arrive
 * @param commandTimeoutNanos for a command to be answered; then the connection is ended
 */
public record ConnectionOptions(
    int maxCommands,
    boolean headerDigest,
    boolean dataDigest,
    int maxInCapsuleBytes,
    int maxTransferBytes,
    long handshakeTimeoutNanos,
    long commandTimeoutNanos) {

  /** What a controller has to take on an admin queue whatever it says (NVMe/TCP 1.0 §3.6.2.6). */
  public static final int ADMIN_IN_CAPSULE_BYTES = CapsuleCmd.ADMIN_IN_CAPSULE_DATA_SIZE;

  public ConnectionOptions {
    if (maxCommands < 1 || maxCommands > CommandTable.MAX_COMMANDS) {
      throw new IllegalArgumentException(
          "a queue pair has 1 to " + CommandTable.MAX_COMMANDS + " commands, not " + maxCommands);
    }
    if (handshakeTimeoutNanos <= 0
        || commandTimeoutNanos <= 0
        || maxInCapsuleBytes < 0
        || maxTransferBytes < 1) {
      throw new IllegalArgumentException("timeouts must be positive and sizes not negative");
    }
  }
}
