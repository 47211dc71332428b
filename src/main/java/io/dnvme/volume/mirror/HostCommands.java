package io.dnvme.volume.mirror;

import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.IoCounters;
import io.dnvme.block.LayerCounters;
import io.dnvme.block.PerReactor;
import io.dnvme.block.Reactor;
import io.dnvme.block.ReactorInbox;
import io.dnvme.block.RequestCheck;

/**
 * The commands that a group has from its submitters: brings them to the home reactor, starts as
 * many as the group takes at a time, holds the others back in the order in which they came, and
 * answers each only where the owner may (LEASE). Home reactor only, save {@link #submit} and the
 * figures.
 */
final class HostCommands {

  /** One command in so many is timed and counts for all. */
  private static final int COMMANDS_PER_TIMED = 64;

  private static final long NOT_TIMED = -1;

  private final MirrorDevice group;
  private final Reactor home;
  private final ServingRight right;
  private final MirrorMember[] members;

  private final LayerCounters layer = new LayerCounters();
  private final IoCounters counters;
  private final ReactorInbox arrivals;
  private final PerReactor<ReactorInbox> departures =
      new PerReactor<>(reactor -> new ReactorInbox(reactor, io -> io.complete(io.status())));

  private final MirrorCommand[] commands;
  private int created;
  private MirrorCommand free;
  private int inUse;
  private BlockIo firstWaiting;
  private BlockIo lastWaiting;
  private boolean startingWaiters;
  private int untilTimed;
  private long started;
  private long refusedForLease;

  HostCommands(MirrorDevice group, MirrorSetup setup, MirrorMember[] members) {
    this.group = group;
    this.members = members;
    home = setup.home();
    right = setup.right();
    counters = layer.on(home);
    arrivals = new ReactorInbox(home, this::arrived);
    commands = new MirrorCommand[setup.options().maxCommands()];
  }

  /** See {@link MirrorDevice#submit}. */
  void submit(BlockIo io) {
    if (io.reactor() == home) {
      arrived(io);
    } else {
      arrivals.push(io);
    }
  }

  LayerCounters counters() {
    return layer;
  }

  /** Results that were at hand and not answered, for want of the lease. */
  long refusedForLease() {
    return refusedForLease;
  }

  int underWay() {
    return inUse;
  }

  /** How many so far. */
  long started() {
    return started;
  }

  void removalKnown(int gone) {
    for (int i = 0; i < created; i++) {
      commands[i].removalKnown(gone);
    }
  }

  void stopped() {
    for (int i = 0; i < created; i++) {
      commands[i].stopped();
    }
  }

  void finished(MirrorCommand command, BlockIo io, BlockStatus found) {
    command.nextFree(free);
    free = command;
    inUse--;
    answer(io, found);
    startWaiters();
  }

  private void arrived(BlockIo io) {
    counters.started();
    if (untilTimed-- == 0) {
      untilTimed = COMMANDS_PER_TIMED - 1;
      io.stampNanos(home.clock().nanos());
    } else {
      io.stampNanos(NOT_TIMED);
    }
    if (group.isClosed()) {
      complete(io, BlockStatus.FAILED);
      return;
    }
    BlockStatus refusal = RequestCheck.check(io, group.geometry(), group.traits());
    if (!refusal.isSuccess()) {
      complete(io, refusal);
    } else if (group.isStopped()) {
      complete(io, BlockStatus.PATH_LOST);
    } else if (io.op() != BlockOp.FLUSH && io.blockCount() == 0) {
      answer(io, BlockStatus.SUCCESS);
    } else if (firstWaiting != null || inUse == commands.length) {
      await(io);
    } else {
      start(io);
    }
  }

  private void await(BlockIo io) {
    io.link(null);
    if (firstWaiting == null) {
      firstWaiting = io;
    } else {
      lastWaiting.link(io);
    }
    lastWaiting = io;
  }

  private void start(BlockIo io) {
    MirrorCommand command = free;
    if (command == null) {
      command = new MirrorCommand(group, members);
      commands[created++] = command;
    } else {
      free = command.nextFree();
      command.nextFree(null);
    }
    inUse++;
    started++;
    command.start(io);
  }

  /** What starts may end at once and start the next: in this loop, not on the stack. */
  private void startWaiters() {
    if (startingWaiters) {
      return;
    }
    startingWaiters = true;
    while (firstWaiting != null && inUse < commands.length) {
      BlockIo io = firstWaiting;
      firstWaiting = io.link();
      io.link(null);
      if (group.isStopped()) {
        complete(io, BlockStatus.PATH_LOST);
      } else {
        start(io);
      }
    }
    startingWaiters = false;
  }

  private void answer(BlockIo io, BlockStatus found) {
    BlockStatus status = found;
    if (group.isStopped()) {
      status = BlockStatus.PATH_LOST;
    } else if (!right.mayAnswer() && !group.has(PlantedBug.ANSWER_AFTER_LEASE)) {
      refusedForLease++;
      status = BlockStatus.PATH_LOST;
    }
    complete(io, status);
  }

  private void complete(BlockIo io, BlockStatus status) {
    long nanos = 0;
    if (io.stampNanos() != NOT_TIMED) {
      nanos = (home.clock().nanos() - io.stampNanos()) * COMMANDS_PER_TIMED;
    }
    boolean moves =
        switch (io.op()) {
          case READ, WRITE, COMPARE, COMPARE_AND_WRITE -> true;
          case WRITE_ZEROES, DEALLOCATE, FLUSH -> false;
        };
    long bytes = moves ? io.blockCount() << group.geometry().blockShift() : 0;
    counters.finished(io.op(), status, bytes, nanos);
    if (io.reactor() == home) {
      io.complete(status);
    } else {
      io.status(status);
      departures.of(io.reactor()).push(io);
    }
  }
}
