package io.dnvme.volume.mirror;

import io.dnvme.block.BlockOp;

/** Commands that a member has, in the order of sending. Home reactor only. */
final class SentCommands {

  private MemberCommand oldest;
  private MemberCommand newest;

  void add(MemberCommand command) {
    command.newer(null);
    command.older(newest);
    if (newest == null) {
      oldest = command;
    } else {
      newest.newer(command);
    }
    newest = command;
  }

  void remove(MemberCommand command) {
    if (command.older() == null) {
      oldest = command.newer();
    } else {
      command.older().newer(command.newer());
    }
    if (command.newer() == null) {
      newest = command.older();
    } else {
      command.newer().older(command.older());
    }
  }

  /** For how many ticks the member has had the oldest one. */
  long oldestTicks(long tick) {
    return oldest == null ? 0 : tick - oldest.startTick();
  }

  /** What the oldest one is; null where the member has none. */
  BlockOp oldestOp() {
    return oldest == null ? null : oldest.op();
  }
}
