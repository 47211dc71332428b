package io.dnvme.initiator;

import io.dnvme.block.IoVector;
import io.dnvme.block.Reactor;
import io.dnvme.block.Timers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Consumer;

/**
 * Admin commands of those who use a controller, beside its own: bounded, so that keep alive and
 * events always find a place. On the home reactor.
 *
 * <p>Each request gets exactly one outcome, later than {@link #send} returns. One that timed out
 * keeps its place until its answer comes or the association is lost, which the queue's own time
 * limit sees to.
 */
final class CallerCommands {

  /** Callers' commands in flight at a time, those whose callers wait no more included. */
  static final int MAX_IN_FLIGHT = 16;

  private final Reactor home;
  private HostConnection connection;
  private int inFlight;

  CallerCommands(Reactor home) {
    this.home = home;
  }

  /** Commands go over this connection from now on; null: nowhere. */
  void use(HostConnection admin) {
    connection = admin;
  }

  void send(AdminRequest request, Consumer<AdminOutcome> done) {
    if (connection == null) {
      refuse("the controller is not connected", done);
      return;
    }
    if (inFlight == MAX_IN_FLIGHT) {
      refuse(MAX_IN_FLIGHT + " admin commands are in flight", done);
      return;
    }
    if (Math.max(request.data().length, request.maxReplyBytes())
        > connection.options().maxTransferBytes()) {
      refuse("more data than one command carries", done);
      return;
    }
    HostCommand command = connection.tryAcquire();
    if (command == null) {
      refuse("the admin queue is full or ending", done);
      return;
    }
    inFlight++;
    command.entry().start(request.opcode(), command.cid());
    request.fields().accept(command.entry());
    command.entry().cid(command.cid());
    if (request.data().length > 0) {
      command.sends(vector(copy(request.data())));
    }
    MemorySegment reply = MemorySegment.NULL;
    if (request.maxReplyBytes() > 0) {
      reply = Arena.ofAuto().allocate(request.maxReplyBytes());
      command.receivesUpTo(vector(reply));
    }
    command.onCompletion(new Call(request.timeoutNanos(), reply, done), null);
    connection.submit(command);
  }

  private void refuse(String why, Consumer<AdminOutcome> done) {
    home.execute(() -> done.accept(new AdminOutcome.NotSent(why)));
  }

  private static MemorySegment copy(byte[] data) {
    MemorySegment segment = Arena.ofAuto().allocate(data.length);
    MemorySegment.copy(data, 0, segment, ValueLayout.JAVA_BYTE, 0, data.length);
    return segment;
  }

  private static IoVector vector(MemorySegment segment) {
    return new IoVector().add(segment, 0, segment.byteSize());
  }

  /** One command in flight and who waits for it. */
  private final class Call implements HostCommand.Completion {

    private final MemorySegment reply;
    private final Timers.Timer timer;
    private Consumer<AdminOutcome> done;

    Call(long timeoutNanos, MemorySegment reply, Consumer<AdminOutcome> done) {
      this.reply = reply;
      this.done = done;
      timer =
          timeoutNanos == AdminRequest.UNTIL_IT_ENDS
              ? null
              : home.timers().schedule(timeoutNanos, () -> tell(new AdminOutcome.TimedOut()));
    }

    @Override
    public void completed(HostCommand command) {
      inFlight--;
      if (timer != null) {
        timer.cancel();
      }
      tell(
          command.isLost()
              ? new AdminOutcome.Lost()
              : new AdminOutcome.Answered(
                  command.status(),
                  command.result(),
                  reply.asSlice(0, reply.byteSize() == 0 ? 0 : command.receivedBytes())));
    }

    private void tell(AdminOutcome outcome) {
      Consumer<AdminOutcome> waiting = done;
      done = null;
      if (waiting != null) {
        waiting.accept(outcome);
      }
    }
  }
}
