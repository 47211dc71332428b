package io.dnvme.initiator;

import io.dnvme.nvme.SubmissionQueueEntry;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The commands of one queue pair by their identifiers. All allocated at the start.
 *
 * <pre>
 *   CID  15      12 11                 0
 *       +----------+--------------------+
 *       |  reuse   |  place in table    |
 *       +----------+--------------------+
 * </pre>
 *
 * <p>The reuse counter changes with every use of a place, so that an answer which comes twice, or
 * late, does not hit the place's next command.
 */
final class CommandTable {

  /**
   * The most commands in flight: one place more is there for the command whose completion is being
   * told, and CID FFFFh, which means "no command" in error logs, must not come up.
   */
  static final int MAX_COMMANDS = 4094;

  private static final int INDEX_BITS = 12;
  private static final int INDEX_MASK = (1 << INDEX_BITS) - 1;
  private static final int CID_MASK = 0xffff;

  private final HostCommand[] commands;
  private final int[] free;
  private int freeCount;
  private int credits;

  CommandTable(HostConnection connection, int maxCommands) {
    int places = maxCommands + 1;
    MemorySegment entries = Arena.ofAuto().allocate((long) places * SubmissionQueueEntry.SIZE, 64);
    commands = new HostCommand[places];
    free = new int[places];
    for (int i = 0; i < places; i++) {
      commands[i] = new HostCommand(connection, i, entries);
      commands[i].cid = i;
      free[i] = places - 1 - i;
    }
    freeCount = places;
    credits = maxCommands;
  }

  /** Places, in use or not. */
  int size() {
    return commands.length;
  }

  /** Commands that may still be acquired. */
  int credits() {
    return credits;
  }

  HostCommand at(int index) {
    return commands[index];
  }

  /** A command ready to be prepared, or null where all are in use. */
  HostCommand tryAcquire() {
    if (credits == 0) {
      return null;
    }
    credits--;
    HostCommand command = commands[free[--freeCount]];
    command.prepare((command.cid + (1 << INDEX_BITS)) & CID_MASK);
    return command;
  }

  /** The command is over: another may be acquired, though this one's place is still read. */
  void finished() {
    credits++;
  }

  /** The place of a finished command is free. */
  void release(HostCommand command) {
    command.forget();
    free[freeCount++] = command.index();
  }

  /** The command in flight that the controller calls {@code cid}, or null. */
  HostCommand find(int cid) {
    int index = cid & INDEX_MASK;
    if (index >= commands.length) {
      return null;
    }
    HostCommand command = commands[index];
    boolean awaited =
        command.cid == cid && command.phase == HostCommand.Phase.SENT && !command.answered;
    return awaited ? command : null;
  }
}
