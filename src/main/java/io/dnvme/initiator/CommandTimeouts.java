package io.dnvme.initiator;

import io.dnvme.block.Reactor;
import io.dnvme.block.Timers;
import java.util.function.Consumer;

/**
 * Finds the command of a connection that is not answered within its time limit. One timer for all:
 * it ticks a few times per limit while commands run that have one, and not at all else; so a
 * command costs no timer, and is found late by a tick or two. On the connection's reactor.
 */
final class CommandTimeouts {

  /** A command's time limit is looked at this often while it runs. */
  static final int TICKS_PER_TIMEOUT = 8;

  private final CommandTable commands;
  private final long tickNanos;
  private final Consumer<HostCommand> tooLate;
  private final Runnable tick = this::tick;

  private Reactor reactor;
  private Timers.Timer timer;
  private int ticks;

  /**
   * @param tooLate told of the first command that is found; nothing is looked at afterwards until
   *     another is started
   */
  CommandTimeouts(CommandTable commands, long timeoutNanos, Consumer<HostCommand> tooLate) {
    this.commands = commands;
    this.tooLate = tooLate;
    tickNanos = Math.max(timeoutNanos / TICKS_PER_TIMEOUT, 1);
  }

  void opened(Reactor connectionReactor) {
    reactor = connectionReactor;
  }

  /** The command's time begins. */
  void start(HostCommand command) {
    command.submittedAtTick = ticks;
    if (timer == null) {
      schedule();
    }
  }

  /** The connection ends: its commands are seen to. */
  void stop() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void schedule() {
    timer = reactor.timers().schedule(tickNanos, tick);
  }

  private void tick() {
    timer = null;
    ticks++;
    boolean limited = false;
    for (int i = 0; i < commands.size(); i++) {
      HostCommand command = commands.at(i);
      if (command.isInFlight() && !command.isUnlimited()) {
        limited = true;
        if (ticks - command.submittedAtTick > TICKS_PER_TIMEOUT) {
          tooLate.accept(command);
          return;
        }
      }
    }
    if (limited) {
      schedule();
    }
  }
}
