package io.dnvme.initiator;

import io.dnvme.nvme.SubmissionQueueEntry;
import java.util.function.Consumer;

/**
 * An admin command that a caller has a controller execute; see {@link HostController#send}.
 *
 * @param opcode what bits 1:0 say of the data's direction has to fit the rest
 * @param fields sets the command's other fields; it has an opcode and an identifier already, and
 *     its SGL is not the caller's matter
 * @param data for the controller; may be empty; nobody changes it
 * @param maxReplyBytes room for data from the controller, which may be less; 0 for none
 * @param timeoutNanos how long the caller waits for the outcome, or {@link #UNTIL_IT_ENDS}
 */
public record AdminRequest(
    int opcode,
    Consumer<SubmissionQueueEntry> fields,
    byte[] data,
    int maxReplyBytes,
    long timeoutNanos) {

  /**
   * Until the command has ended and its place is free: it is answered, or the association is lost,
   * which the queue's own time limit sees to.
   */
  public static final long UNTIL_IT_ENDS = Long.MAX_VALUE;

  public AdminRequest {
    if (maxReplyBytes < 0 || timeoutNanos <= 0) {
      throw new IllegalArgumentException("no negative room, and some time to wait");
    }
  }
}
