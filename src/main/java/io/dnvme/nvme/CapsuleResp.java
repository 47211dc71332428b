package io.dnvme.nvme;

/**
 * Response Capsule, controller to host: a {@link CompletionQueueEntry}, never data (NVMe/TCP
 * Transport 1.0 §3.6.2.7).
 */
public final class CapsuleResp extends Pdu<CapsuleResp> {

  /** Bytes of the header, entry included. */
  public static final int SIZE = 24;

  /** Where the completion queue entry begins. */
  public static final int RCCQE = 8;

  /** Writes the common header. */
  public CapsuleResp start(boolean hdgst) {
    return headerOnly(PduType.CAPSULE_RESP, SIZE, hdgst);
  }
}
