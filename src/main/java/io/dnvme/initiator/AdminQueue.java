package io.dnvme.initiator;

import io.dnvme.block.IoVector;
import io.dnvme.block.Reactor;
import io.dnvme.nvme.Property;
import io.dnvme.nvme.PropertyCommand;
import io.dnvme.nvme.Status;
import io.dnvme.nvme.StatusCode;
import io.dnvme.nvme.SubmissionQueueEntry;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The admin queue pair of one association: commands that are rare, each with its answer's handler.
 * Lives on the controller's home reactor and dies with its connection.
 */
final class AdminQueue {

  /** Commands in flight at most; the bring-up has one, events and keep alive a few. */
  static final int DEPTH = 31;

  private static final MemorySegment NO_DATA = MemorySegment.NULL;

  /** Writes a command. */
  @FunctionalInterface
  interface Encoder {
    void encode(SubmissionQueueEntry entry, int cid);
  }

  /** Told of the answer; never after the association was lost. */
  @FunctionalInterface
  interface Handler {
    void answered(Reply reply);
  }

  /**
   * @param data what was received, as long as was asked for
   */
  record Reply(int status, long result, MemorySegment data) {

    boolean isSuccess() {
      return Status.isSuccess(status);
    }
  }

  private final HostConnection connection;

  AdminQueue(ControllerOptions options, HostConnection.Owner owner, ConnectionCounters counters) {
    QueueOptions queues = options.queues();
    connection =
        new HostConnection(
            new ConnectionOptions(
                DEPTH,
                queues.headerDigest(),
                queues.dataDigest(),
                ConnectionOptions.ADMIN_IN_CAPSULE_BYTES,
                queues.maxTransferBytes(),
                ControllerOptions.HANDSHAKE_TIMEOUT_NANOS,
                queues.commandTimeoutNanos()),
            owner,
            counters);
  }

  void dial(Dialer dialer, Reactor reactor, ControllerOptions options) {
    dialer.dial(reactor, options.address(), connection, connection::failedToOpen);
  }

  HostConnection connection() {
    return connection;
  }

  void close(String reason) {
    connection.close(reason);
  }

  /** Connects the queue itself. */
  void connect(ControllerOptions options, int cntlid, Handler handler) {
    HostCommand command = connection.tryAcquire();
    if (command == null) {
      refuse(handler);
      return;
    }
    ConnectRequest.write(command, options, 0, cntlid, DEPTH);
    submit(command, NO_DATA, handler);
  }

  /** Sends a command without data. */
  void send(Encoder encoder, Handler handler) {
    send(encoder, 0, handler);
  }

  /** Sends a command that is answered with {@code receiveBytes} of data. */
  void send(Encoder encoder, int receiveBytes, Handler handler) {
    HostCommand command = connection.tryAcquire();
    if (command == null) {
      refuse(handler);
      return;
    }
    encoder.encode(command.entry(), command.cid());
    MemorySegment data = NO_DATA;
    if (receiveBytes > 0) {
      data = Arena.ofAuto().allocate(receiveBytes);
      command.receives(new IoVector().add(data, 0, receiveBytes));
    }
    submit(command, data, handler);
  }

  /** Sends a command that may stay unanswered. */
  void sendWithoutTimeout(Encoder encoder, Handler handler) {
    HostCommand command = connection.tryAcquire();
    if (command == null) {
      refuse(handler);
      return;
    }
    encoder.encode(command.entry(), command.cid());
    submit(command.withoutTimeout(), NO_DATA, handler);
  }

  void getProperty(int property, Handler handler) {
    send(
        (entry, cid) ->
            new PropertyCommand()
                .wrap(entry.segment(), entry.offset())
                .startGet(cid, property, Property.sizeBytes(property)),
        handler);
  }

  void setProperty(int property, long value, Handler handler) {
    send(
        (entry, cid) ->
            new PropertyCommand()
                .wrap(entry.segment(), entry.offset())
                .startSet(cid, property, Property.sizeBytes(property), value),
        handler);
  }

  private void submit(HostCommand command, MemorySegment data, Handler handler) {
    command.onCompletion(
        done -> {
          if (!done.isLost()) {
            handler.answered(new Reply(done.status(), done.result(), data));
          }
        },
        null);
    connection.submit(command);
  }

  /** All places are taken; while the connection is ending there is nobody to tell. */
  private void refuse(Handler handler) {
    if (connection.isReady()) {
      handler.answered(new Reply(StatusCode.COMMAND_INTERRUPTED.status(), 0, NO_DATA));
    }
  }
}
