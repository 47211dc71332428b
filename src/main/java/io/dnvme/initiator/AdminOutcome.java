package io.dnvme.initiator;

import io.dnvme.nvme.Status;
import java.lang.foreign.MemorySegment;

/** What became of an {@link AdminRequest}; each gets exactly one. */
public sealed interface AdminOutcome {

  /**
   * The controller has answered.
   *
   * @param status as in {@link Status}
   * @param result dwords 0 (low) and 1 of the completion
   * @param data what was received, as long as it was
   */
  record Answered(int status, long result, MemorySegment data) implements AdminOutcome {

    public boolean isSuccess() {
      return Status.isSuccess(status);
    }
  }

  /** The association was lost before an answer came: whether it is executed is not known. */
  record Lost() implements AdminOutcome {}

  /**
   * No answer came in time: whether it is executed is not known. An answer that comes later is
   * dropped.
   */
  record TimedOut() implements AdminOutcome {}

  /**
   * The command was not sent: it is not executed and never will be.
   *
   * @param why for people
   */
  record NotSent(String why) implements AdminOutcome {}
}
