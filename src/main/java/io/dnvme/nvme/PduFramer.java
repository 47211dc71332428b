package io.dnvme.nvme;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Finds the PDUs in a stream of bytes and finds what is wrong with them, as far as that can be told
 * without knowing any command (NVMe/TCP Transport 1.0 §3.5 and §3.6). What the connection's bytes
 * are, and when more of them come, is the caller's matter.
 *
 * <p>A fault of the common header is told as soon as its 8 bytes are there, so no length, however
 * wrong, makes anyone wait or reserve memory for more than the limits allow. Of several wrong
 * fields the first in the header is told. The fields behind the common header are looked at when
 * the whole header is there and its digest is right. Never throws for what the peer sent. Bits and
 * fields that are reserved are not looked at.
 *
 * <p>Checks that need a command (does this TTAG exist, is DATAO within the R2T) are not made here;
 * {@link #fault} lets their finder say FES and FEI in the same place.
 *
 * <p>One per connection and direction, used by the connection's thread. After {@link #frame} the
 * getters describe the PDU it looked at.
 */
public final class PduFramer {

  /** Which side receives. */
  public enum Role {
    CONTROLLER,
    HOST
  }

  /** What {@link #frame} found. */
  public enum Outcome {
    /** The header is not all there: {@link #neededBytes} says how many bytes tell more. */
    INCOMPLETE,
    /** Header whole and right, data not all there: the caller may take the data as it comes. */
    HEADER,
    /** The whole PDU, {@link #plen} bytes. */
    WHOLE,
    /** The connection is to end with {@link #fes} and {@link #fei}. */
    FAULT
  }

  /** The largest data alignment a side can ask for, in bytes. */
  public static final int MAX_DATA_ALIGNMENT_BYTES = (IcReq.MAX_DATA_ALIGNMENT + 1) * 4;

  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Role role;
  private final Crc32c crc = new Crc32c();

  private boolean initialized;
  private boolean hdgst;
  private boolean ddgst;
  private int dataAlignmentBytes = 4;
  private long maxInCapsuleDataBytes = CapsuleCmd.ADMIN_IN_CAPSULE_DATA_SIZE;
  private long maxDataBytes = IcResp.MIN_MAXH2CDATA;

  private int type;
  private int flags;
  private int hlen;
  private int pdo;
  private long plen;
  private long dataBytes;
  private long neededBytes;
  private int fes;
  private int fei;

  public PduFramer(Role role) {
    this.role = role;
  }

  /**
   * ICReq and ICResp have been exchanged: what follows has these digests.
   *
   * @param dataAlignmentBytes what this side asked for (CPDA of a controller, HPDA of a host, in
   *     bytes): data it receives begins at a multiple of that; 4 to 128
   */
  public void initialized(boolean hdgst, boolean ddgst, int dataAlignmentBytes) {
    if (dataAlignmentBytes < 4
        || dataAlignmentBytes > MAX_DATA_ALIGNMENT_BYTES
        || dataAlignmentBytes % 4 != 0) {
      throw new IllegalArgumentException("data alignment of " + dataAlignmentBytes + " bytes");
    }
    this.initialized = true;
    this.hdgst = hdgst;
    this.ddgst = ddgst;
    this.dataAlignmentBytes = dataAlignmentBytes;
  }

  /**
   * The most data that a received CapsuleCmd may carry: 8192 until set; for an I/O queue what
   * IOCCSZ allows.
   */
  public void maxInCapsuleDataBytes(long bytes) {
    this.maxInCapsuleDataBytes = bytes;
  }

  /**
   * The most data that one received H2CData (MAXH2CDATA) or C2HData (the host's largest transfer)
   * may carry; 4096 until set.
   */
  public void maxDataBytes(long bytes) {
    this.maxDataBytes = bytes;
  }

  /** Looks at the PDU that begins at {@code from}; the bytes up to {@code to} have arrived. */
  public Outcome frame(MemorySegment segment, long from, long to) {
    long available = to - from;
    if (available < Pdu.COMMON_HEADER_SIZE) {
      neededBytes = Pdu.COMMON_HEADER_SIZE;
      return Outcome.INCOMPLETE;
    }
    long commonHeader = segment.get(U64, from);
    type = (int) commonHeader & 0xff;
    flags = (int) (commonHeader >>> 8) & 0xff;
    hlen = (int) (commonHeader >>> 16) & 0xff;
    pdo = (int) (commonHeader >>> 24) & 0xff;
    plen = commonHeader >>> 32;
    dataBytes = 0;
    if (!checkCommonHeader()) {
      return Outcome.FAULT;
    }
    long header = hlen + headerDigestBytes();
    if (available < header) {
      neededBytes = header;
      return Outcome.INCOMPLETE;
    }
    if (!checkHeaderDigest(segment, from) || !checkSpecificHeader(segment, from)) {
      return Outcome.FAULT;
    }
    neededBytes = plen;
    return available < plen ? Outcome.HEADER : Outcome.WHOLE;
  }

  /**
   * Whether the data digest of the whole PDU at {@code from}, just framed, is right; true if it has
   * none. A wrong one is the command's failure (Transient Transport Error), not the connection's.
   */
  public boolean isDataDigestRight(MemorySegment segment, long from) {
    if (!hasDataDigest()) {
      return true;
    }
    long digestAt = from + plen - Crc32c.SIZE;
    return crc.of(segment, from + pdo, dataBytes) == segment.get(U32, digestAt);
  }

  /** {@link PduType}. */
  public int type() {
    return type;
  }

  /** Flags as in {@link Pdu}. */
  public int flags() {
    return flags;
  }

  /** Bytes of the whole PDU. */
  public long plen() {
    return plen;
  }

  /** Where the data begins, in bytes from the PDU's start; 0 without data. */
  public int dataOffset() {
    return dataBytes == 0 ? 0 : pdo;
  }

  /** Bytes of data, without its digest. */
  public long dataBytes() {
    return dataBytes;
  }

  /** Whether a digest follows the data. */
  public boolean hasDataDigest() {
    return ddgst && dataBytes > 0 && !isTermReq();
  }

  /** Bytes, counted from the PDU's start, that are needed before {@link #frame} can tell more. */
  public long neededBytes() {
    return neededBytes;
  }

  /** {@link FatalErrorStatus} of the last fault. */
  public int fes() {
    return fes;
  }

  /** See {@link FatalErrorStatus}. */
  public int fei() {
    return fei;
  }

  /**
   * Whether the PDU is a termination request. A fault in one is not answered with another: the
   * connection just ends.
   */
  public boolean isTermReq() {
    return type == PduType.H2C_TERM_REQ || type == PduType.C2H_TERM_REQ;
  }

  /** Notes a fault that a later check found, for {@link #fes} and {@link #fei}. */
  public Outcome fault(int fes, int fei) {
    bad(fes, fei);
    return Outcome.FAULT;
  }

  private boolean bad(int fes, int fei) {
    this.fes = fes;
    this.fei = fei;
    return false;
  }

  private boolean badField(int offset) {
    return bad(FatalErrorStatus.INVALID_PDU_HEADER_FIELD, offset);
  }

  private boolean badSequence() {
    return bad(FatalErrorStatus.PDU_SEQUENCE_ERROR, 0);
  }

  private boolean toController() {
    return role == Role.CONTROLLER;
  }

  private boolean checkCommonHeader() {
    return switch (type) {
      case PduType.CAPSULE_CMD ->
          received(toController()) && checkData(CapsuleCmd.SIZE, false, maxInCapsuleDataBytes);
      case PduType.H2C_DATA ->
          received(toController()) && checkData(H2cData.SIZE, true, maxDataBytes);
      case PduType.CAPSULE_RESP -> received(!toController()) && checkNoData(CapsuleResp.SIZE);
      case PduType.C2H_DATA ->
          received(!toController()) && checkData(C2hData.SIZE, true, maxDataBytes);
      case PduType.R2T -> received(!toController()) && checkNoData(R2t.SIZE);
      case PduType.IC_REQ -> receivedFirst(toController()) && checkFixed(IcReq.SIZE);
      case PduType.IC_RESP -> receivedFirst(!toController()) && checkFixed(IcResp.SIZE);
      case PduType.H2C_TERM_REQ -> known(toController()) && checkTermReq();
      case PduType.C2H_TERM_REQ -> known(!toController()) && checkTermReq();
      default -> badField(Pdu.TYPE);
    };
  }

  /** A type that goes the other way is as wrong as one that does not exist. */
  private boolean known(boolean ourDirection) {
    return ourDirection || badField(Pdu.TYPE);
  }

  private boolean received(boolean ourDirection) {
    return known(ourDirection) && (initialized || badSequence());
  }

  private boolean receivedFirst(boolean ourDirection) {
    return known(ourDirection) && (!initialized || badSequence());
  }

  private boolean checkFixed(int size) {
    return hlen != size ? badField(Pdu.HLEN) : plen == size || badField(Pdu.PLEN);
  }

  private boolean checkTermReq() {
    if (hlen != TermReq.SIZE) {
      return badField(Pdu.HLEN);
    }
    if (plen < TermReq.SIZE || plen > TermReq.MAX_SIZE) {
      return badField(Pdu.PLEN);
    }
    pdo = TermReq.SIZE;
    dataBytes = plen - TermReq.SIZE;
    return true;
  }

  private boolean checkNoData(int size) {
    if (((flags & Pdu.FLAG_HDGSTF) != 0) != hdgst) {
      return badField(Pdu.FLAGS);
    }
    if (hlen != size) {
      return badField(Pdu.HLEN);
    }
    return plen == size + headerDigestBytes() || badField(Pdu.PLEN);
  }

  private boolean checkData(int size, boolean mustHaveData, long maxBytes) {
    int header = size + headerDigestBytes();
    boolean hasData = plen > header;
    if (!checkDataFlags(header, hasData)) {
      return badField(Pdu.FLAGS);
    }
    if (hlen != size) {
      return badField(Pdu.HLEN);
    }
    if (hasData && (pdo < header || pdo % dataAlignmentBytes != 0)) {
      return badField(Pdu.PDO);
    }
    if (plen < header || mustHaveData && !hasData) {
      return badField(Pdu.PLEN);
    }
    if (!hasData) {
      return true;
    }
    dataBytes = plen - pdo - (ddgst ? Crc32c.SIZE : 0);
    if (dataBytes <= 0) {
      return badField(Pdu.PLEN);
    }
    return dataBytes <= maxBytes || badLength();
  }

  private boolean checkDataFlags(int header, boolean hasData) {
    if (((flags & Pdu.FLAG_HDGSTF) != 0) != hdgst) {
      return false;
    }
    // A PLEN below the header is wrong itself and says nothing of data.
    if (plen >= header && ((flags & Pdu.FLAG_DDGSTF) != 0) != (ddgst && hasData)) {
      return false;
    }
    boolean successWithoutLast =
        (flags & (Pdu.FLAG_SUCCESS | Pdu.FLAG_LAST_PDU)) == Pdu.FLAG_SUCCESS;
    return type != PduType.C2H_DATA || !successWithoutLast;
  }

  private boolean badLength() {
    return bad(
        toController()
            ? FatalErrorStatus.DATA_TRANSFER_LIMIT_EXCEEDED
            : FatalErrorStatus.DATA_TRANSFER_OUT_OF_RANGE,
        0);
  }

  private int headerDigestBytes() {
    return hdgst && hasDigests() ? Crc32c.SIZE : 0;
  }

  private boolean hasDigests() {
    return type >= PduType.CAPSULE_CMD;
  }

  private boolean checkHeaderDigest(MemorySegment segment, long from) {
    if (headerDigestBytes() == 0) {
      return true;
    }
    int stated = segment.get(U32, from + hlen);
    return crc.of(segment, from, hlen) == stated
        || bad(FatalErrorStatus.HEADER_DIGEST_ERROR, stated);
  }

  private boolean checkSpecificHeader(MemorySegment segment, long from) {
    return switch (type) {
      case PduType.H2C_DATA -> checkDataLength(segment, from, H2cData.DATAL);
      case PduType.C2H_DATA -> checkDataLength(segment, from, C2hData.DATAL);
      case PduType.R2T -> segment.get(U32, from + R2t.R2TL) != 0 || badField(R2t.R2TL);
      case PduType.IC_REQ -> checkInit(segment, from);
      case PduType.IC_RESP -> checkInit(segment, from) && checkMaxH2cData(segment, from);
      default -> true;
    };
  }

  private boolean checkDataLength(MemorySegment segment, long from, int field) {
    return Integer.toUnsignedLong(segment.get(U32, from + field)) == dataBytes || badField(field);
  }

  /** PFV and alignment are at the same place in both. */
  private boolean checkInit(MemorySegment segment, long from) {
    if (segment.get(U16, from + IcReq.PFV) != IcReq.PFV_1_0) {
      return bad(FatalErrorStatus.UNSUPPORTED_PARAMETER, IcReq.PFV);
    }
    int alignment = segment.get(ValueLayout.JAVA_BYTE, from + IcReq.HPDA) & 0xff;
    return alignment <= IcReq.MAX_DATA_ALIGNMENT || badField(IcReq.HPDA);
  }

  private boolean checkMaxH2cData(MemorySegment segment, long from) {
    long maxh2cdata = Integer.toUnsignedLong(segment.get(U32, from + IcResp.MAXH2CDATA));
    return maxh2cdata >= IcResp.MIN_MAXH2CDATA && maxh2cdata % 4 == 0
        || badField(IcResp.MAXH2CDATA);
  }
}
