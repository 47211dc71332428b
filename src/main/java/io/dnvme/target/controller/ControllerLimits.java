package io.dnvme.target.controller;

import io.dnvme.block.BufferPool;
import java.util.concurrent.TimeUnit;

/**
 * How much a controller takes on. How many controllers and I/O queues there may be is said per
 * subsystem ({@link io.dnvme.target.subsystem.SubsystemLimits}).
 *
 * @param queueEntries most entries of a queue, admin queues included: MQES + 1
 * @param maxTransferBytes MDTS: most data of one command, a power of two of 4 KiB
 * @param errorLogEntries errors that the error log remembers: ELPE + 1
 * @param abortCommands Abort commands at once: ACL + 1
 * @param gapLimitNanos a reactor that stood still for longer ends the associations it had
 *     (STALE-PATH)
 * @param discoveryIdleNanos how long a discovery controller without keep alive timer may be silent
 */
public record ControllerLimits(
    int queueEntries,
    int maxTransferBytes,
    int errorLogEntries,
    int abortCommands,
    long gapLimitNanos,
    long discoveryIdleNanos) {

  /** Entries that hosts expect an admin queue to have at the least. */
  public static final int MIN_QUEUE_ENTRIES = 32;

  public static final int MAX_QUEUE_ENTRIES = 4096;

  static final int PAGE_BYTES = 4096;

  public static final ControllerLimits DEFAULT =
      new ControllerLimits(
          128, 1 << 20, 64, 4, TimeUnit.SECONDS.toNanos(1), TimeUnit.MINUTES.toNanos(2));

  public ControllerLimits {
    require(
        queueEntries >= MIN_QUEUE_ENTRIES && queueEntries <= MAX_QUEUE_ENTRIES,
        "a queue must have 32 to 4096 entries, not " + queueEntries);
    require(
        maxTransferBytes >= 2 * PAGE_BYTES
            && Integer.bitCount(maxTransferBytes) == 1
            && maxTransferBytes <= BufferPool.MAX_BUFFER_BYTES,
        "a transfer must be a power of two from 8 KiB to 2 MiB, not " + maxTransferBytes);
    require(
        errorLogEntries >= 1 && errorLogEntries <= 256,
        "an error log has 1 to 256 entries, not " + errorLogEntries);
    require(
        abortCommands >= 1 && abortCommands <= 256,
        "1 to 256 Abort commands, not " + abortCommands);
    require(gapLimitNanos > 0 && discoveryIdleNanos > 0, "time limits must be positive");
  }

  public ControllerLimits withMaxTransferBytes(int value) {
    return new ControllerLimits(
        queueEntries, value, errorLogEntries, abortCommands, gapLimitNanos, discoveryIdleNanos);
  }

  /** MDTS as Identify Controller states it. */
  int mdts() {
    return Integer.numberOfTrailingZeros(maxTransferBytes / PAGE_BYTES);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
