package io.dnvme.nvme.connection;

import io.dnvme.nvme.PduFramer;

/**
 * What one side of an NVMe/TCP connection does: a state machine that is told what happened and
 * asked what to send. Lives on its connection's reactor; never blocks it; never throws for what a
 * peer sent.
 *
 * <pre>
 *              ┌──────────── received ◄─ framed PDUs ◄── socket   (while wantsInput)
 *   rules ─────┤
 *              └─ outputReady ─► fill ──► gathered write ──► socket
 * </pre>
 */
public interface ConnectionRules {

  /**
   * What finds the PDUs in the bytes that arrive. The rules own it and set its limits and digests
   * as they are agreed on, within {@link #received}; whoever carries the connection calls {@link
   * PduFramer#frame} with it and nothing else, one PDU after the other. Always the same one.
   *
   * <p>An ICReq or ICResp ends its batch: how what follows is to be framed is known only when it
   * was taken.
   */
  PduFramer framer();

  /**
   * The connection is there. Called once, before anything else; {@code port} is valid until the
   * end.
   */
  void opened(ConnectionPort port);

  /**
   * Takes PDUs of {@code batch} from its index {@code from} on. The batch's memory may be used
   * until this method returns, no longer.
   *
   * @return the index of the first PDU not taken; the size of the batch where all were. The rest is
   *     offered again after {@link #wantsInput} turned true; that is how a full buffer pool or
   *     queue stops the socket.
   */
  int received(ReceivedPdus batch, int from);

  /**
   * The peer sent bytes that are no valid PDU ({@code batch} ends before them): a transport fault,
   * as found by the framer. The rules answer with a termination request and close.
   *
   * @param fes fatal error status, NVMe/TCP Transport 1.0 §3.5
   * @param fei fatal error information: offset of the bad field
   * @param pduOffset where the bad PDU starts in {@code batch.memory()}
   * @param available how many of its bytes are there
   */
  void malformed(int fes, int fei, ReceivedPdus batch, long pduOffset, int available);

  /**
   * Whether more PDUs can be taken now. Turns true again only with {@link
   * ConnectionPort#inputWanted}.
   */
  boolean wantsInput();

  /**
   * Whether input is taken while output waits for the socket. A controller's side does not, so that
   * a host which does not read is not listened to. A host's side does: its input is bounded by its
   * own commands, and two sides full of data for each other must not both wait.
   */
  default boolean takesInputWhileOutputWaits() {
    return false;
  }

  /**
   * Adds what is ready to go out, as much as {@code batch} takes. Called after {@link
   * ConnectionPort#outputReady} when the socket can take a batch, and again as long as it adds
   * something.
   */
  void fill(OutgoingPdus batch);

  /**
   * The connection is gone, whoever ended it; called once, last. Nothing can be sent any more;
   * commands in flight complete into nothing; all buffers are given back in the end.
   */
  void closed(CloseReason reason);
}
