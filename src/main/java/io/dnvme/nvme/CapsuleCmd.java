package io.dnvme.nvme;

/**
 * Command Capsule, host to controller: a {@link SubmissionQueueEntry} and its in-capsule data
 * (NVMe/TCP Transport 1.0 §3.6.2.6).
 */
public final class CapsuleCmd extends Pdu<CapsuleCmd> {

  /** Bytes of the header, entry included. */
  public static final int SIZE = 72;

  /** Where the submission queue entry begins. */
  public static final int CCSQE = 8;

  /** The in-capsule data that every admin queue takes, whatever IOCCSZ says, in bytes. */
  public static final int ADMIN_IN_CAPSULE_DATA_SIZE = 8192;

  /** Writes the common header of a capsule without data. */
  public CapsuleCmd start(boolean hdgst) {
    return headerOnly(PduType.CAPSULE_CMD, SIZE, hdgst);
  }

  /** Writes the common header of a capsule with {@code dataLengthBytes} of data. */
  public CapsuleCmd startWithData(long dataLengthBytes, boolean hdgst, boolean ddgst) {
    return withData(PduType.CAPSULE_CMD, 0, SIZE, dataLengthBytes, hdgst, ddgst);
  }
}
