package io.dnvme.initiator;

import java.util.concurrent.TimeUnit;

/**
 * The I/O queue pairs of a controller.
 *
 * @param count queue pairs asked for; the target may grant fewer; 0 for an association that has an
 *     admin queue only, and looks at no namespaces
 * @param depth commands in flight in each, at most; the target may allow fewer
 * @param headerDigest use header digests on all connections, admin included
 * @param dataDigest use data digests on all connections, admin included
 * @param commandTimeoutNanos for the target to answer any command; then the association is given up
 * @param maxTransferBytes the most data of one command, at most {@link #MAX_TRANSFER_BYTES}
 * @param maxWaiting commands that wait in each queue when it is full or not connected
 */
public record QueueOptions(
    int count,
    int depth,
    boolean headerDigest,
    boolean dataDigest,
    long commandTimeoutNanos,
    int maxTransferBytes,
    int maxWaiting) {

  /** A received PDU with that much data fits a connection's receive buffer with room to spare. */
  public static final int MAX_TRANSFER_BYTES = 512 << 10;

  public static final int MAX_QUEUES = 1024;

  public static final int DEFAULT_DEPTH = 128;
  public static final int DEFAULT_MAX_WAITING = 4096;
  public static final long DEFAULT_COMMAND_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(30);

  public QueueOptions {
    if (count < 0 || count > MAX_QUEUES) {
      throw new IllegalArgumentException("0 to " + MAX_QUEUES + " queues, not " + count);
    }
    if (depth < 1 || depth > CommandTable.MAX_COMMANDS) {
      throw new IllegalArgumentException(
          "a depth of 1 to " + CommandTable.MAX_COMMANDS + ", not " + depth);
    }
    if (maxTransferBytes < 4096 || maxTransferBytes > MAX_TRANSFER_BYTES) {
      throw new IllegalArgumentException(
          "transfers of 4096 to " + MAX_TRANSFER_BYTES + " bytes, not " + maxTransferBytes);
    }
    if (commandTimeoutNanos <= 0 || maxWaiting < 0) {
      throw new IllegalArgumentException("a positive time limit and no negative queue");
    }
  }

  /** Whether there are to be no I/O queues. */
  public boolean isAdminOnly() {
    return count == 0;
  }

  /** {@code count} queues, everything else by default. */
  public static QueueOptions of(int count) {
    return new QueueOptions(
        count,
        DEFAULT_DEPTH,
        false,
        false,
        DEFAULT_COMMAND_TIMEOUT_NANOS,
        MAX_TRANSFER_BYTES,
        DEFAULT_MAX_WAITING);
  }

  public QueueOptions withDepth(int value) {
    return new QueueOptions(
        count, value, headerDigest, dataDigest, commandTimeoutNanos, maxTransferBytes, maxWaiting);
  }

  public QueueOptions withDigests(boolean header, boolean data) {
    return new QueueOptions(
        count, depth, header, data, commandTimeoutNanos, maxTransferBytes, maxWaiting);
  }

  public QueueOptions withCommandTimeoutNanos(long value) {
    return new QueueOptions(
        count, depth, headerDigest, dataDigest, value, maxTransferBytes, maxWaiting);
  }

  public QueueOptions withMaxWaiting(int value) {
    return new QueueOptions(
        count, depth, headerDigest, dataDigest, commandTimeoutNanos, maxTransferBytes, value);
  }
}
