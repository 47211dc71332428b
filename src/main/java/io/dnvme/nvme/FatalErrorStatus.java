package io.dnvme.nvme;

/**
 * FES of a termination request: why one side ends the connection (NVMe/TCP Transport 1.0 §3.5 and
 * §3.6.2.4). The error information FEI is the offset of the bad field, in bytes from the start of
 * the PDU's header, for {@link #INVALID_PDU_HEADER_FIELD} and {@link #UNSUPPORTED_PARAMETER}; the
 * digest received, for {@link #HEADER_DIGEST_ERROR}; else zero.
 */
public final class FatalErrorStatus {

  public static final int INVALID_PDU_HEADER_FIELD = 0x01;
  public static final int PDU_SEQUENCE_ERROR = 0x02;
  public static final int HEADER_DIGEST_ERROR = 0x03;
  public static final int DATA_TRANSFER_OUT_OF_RANGE = 0x04;

  /** In a C2HTermReq: the host sent more data than the controller takes in one PDU. */
  public static final int DATA_TRANSFER_LIMIT_EXCEEDED = 0x05;

  /** In an H2CTermReq: the controller has more R2Ts outstanding than MAXR2T allows. */
  public static final int R2T_LIMIT_EXCEEDED = 0x05;

  public static final int UNSUPPORTED_PARAMETER = 0x06;

  private FatalErrorStatus() {}

  /** The specification's name, for messages. */
  public static String name(int fes) {
    return switch (fes) {
      case INVALID_PDU_HEADER_FIELD -> "Invalid PDU Header Field";
      case PDU_SEQUENCE_ERROR -> "PDU Sequence Error";
      case HEADER_DIGEST_ERROR -> "Header Digest Error";
      case DATA_TRANSFER_OUT_OF_RANGE -> "Data Transfer Out of Range";
      case DATA_TRANSFER_LIMIT_EXCEEDED -> "Data Transfer or R2T Limit Exceeded";
      case UNSUPPORTED_PARAMETER -> "Unsupported Parameter";
      default -> "reserved fatal error status " + fes;
    };
  }
}
