package io.dnvme.volume.mirror;

import io.dnvme.block.BlockStatus;
import io.dnvme.volume.intent.MirrorGroup.Copied;
import java.util.ArrayDeque;

/**
 * The copies of a group: {@link #MAX_COPIES} are under way at a time, {@link #MAX_WAITING_COPIES}
 * wait in the order in which they came. Home reactor only.
 */
final class CopyQueue {

  /** Each has a buffer of up to {@link #MAX_COPY_BYTES}. */
  static final int MAX_COPIES = 8;

  static final int MAX_WAITING_COPIES = 256;
  static final int MAX_COPY_BYTES = 1 << 20;

  private record Waiting(long startBlock, int blockCount, int source, int targets, Copied done) {}

  private final MirrorDevice group;
  private final MirrorMember[] members;
  private final ArrayDeque<CopyCommand> free = new ArrayDeque<>();
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private int running;
  private boolean starting;

  CopyQueue(MirrorDevice group, MirrorMember[] members) {
    this.group = group;
    this.members = members;
  }

  /** Takes a sensible copy on, or answers BUSY. */
  void copy(long startBlock, int blockCount, int source, int targets, Copied done) {
    if (waiting.size() == MAX_WAITING_COPIES) {
      done.copied(BlockStatus.BUSY);
      return;
    }
    waiting.add(new Waiting(startBlock, blockCount, source, targets, done));
    startWaiting();
  }

  void copied(CopyCommand command, Copied done, BlockStatus status) {
    free.addLast(command);
    running--;
    done.copied(status);
    startWaiting();
  }

  /** The group has stopped. */
  void stopped() {
    while (!waiting.isEmpty()) {
      waiting.remove().done().copied(BlockStatus.PATH_LOST);
    }
  }

  /** What starts may end at once and start the next: in this loop, not on the stack. */
  private void startWaiting() {
    if (starting) {
      return;
    }
    starting = true;
    while (!waiting.isEmpty() && running < MAX_COPIES) {
      Waiting next = waiting.remove();
      CopyCommand command = free.pollLast();
      if (command == null) {
        command = new CopyCommand(group, members);
      }
      running++;
      command.start(
          next.startBlock(), next.blockCount(), next.source(), next.targets(), next.done());
    }
    starting = false;
  }
}
