package io.dnvme.target.queue;

/**
 * What the commands of one queue pair mean. On the queue's reactor; never blocks it, never throws
 * for what a host sent.
 */
public interface QueueRules {

  /**
   * Commands have arrived and are about to be executed; once per batch.
   *
   * @param nowNanos by the reactor's clock
   * @return false where nothing may be executed any more: the connection ends
   */
  boolean mayExecute(long nowNanos);

  /**
   * Takes a command in the order of arrival; once per command. Executes it, or keeps it for later.
   */
  default void arrived(CommandSlot command) {
    execute(command);
  }

  /**
   * Executes a command from its beginning: when it arrived, and again when data or memory that it
   * found missing has come. Leads to exactly one completion, maybe later.
   */
  void execute(CommandSlot command);

  /**
   * A command is completed unsuccessfully.
   *
   * @return the status to send: the same, maybe with More where the error log has an entry
   */
  default int failed(CommandSlot command, int status) {
    return status;
  }

  /** No further command comes: those that are kept waiting for something else are completed. */
  default void finishing() {}

  /**
   * The connection is gone. Commands that these rules keep (not those that a device has) are to be
   * given back with {@link CommandSlot#discard}; completing others leads to nothing.
   */
  void connectionEnded();

  /** The connection is gone and its last command in flight is over. Called once, last. */
  void drained();
}
