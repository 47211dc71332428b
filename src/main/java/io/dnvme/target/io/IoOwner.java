package io.dnvme.target.io;

import io.dnvme.target.queue.CommandSlot;
import io.dnvme.target.queue.PlantedTargetBug;
import java.util.UUID;

/** The controller, as its I/O queues know it. Called on their reactors. */
public interface IoOwner {

  /** What may be used now; one volatile read. */
  IoView view();

  /** The host that the association belongs to. */
  UUID hostId();

  /**
   * Notes a failed command.
   *
   * @return the status to send, with More where the error log has an entry
   */
  int failed(int qid, CommandSlot command, int status);

  /**
   * Whether this host is to learn by a failed Flush or FUA that acknowledged writes may be gone;
   * once for each loss (INTENT).
   */
  boolean takeLoss();

  /** Whether a test has planted that mistake. */
  boolean has(PlantedTargetBug bug);

  /** The queue's connection is gone: on purpose after a Disconnect, else the association ends. */
  void queueEnded(IoQueue queue, boolean onPurpose);

  /** The queue's last command in flight is over. */
  void queueDrained(IoQueue queue);
}
