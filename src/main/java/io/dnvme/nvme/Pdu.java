package io.dnvme.nvme;

/**
 * What all PDUs begin with, the common header (CH), and their digests (NVMe/TCP Transport 1.0
 * §3.6.1).
 *
 * <pre>
 *   0        1      2     3    4        8            HLEN           PDO            PLEN-4
 *   +--------+------+-----+----+--------+------------+-------+------+--------------+-------+
 *   | type   |flags | HLEN| PDO|  PLEN  | PSH        | HDGST | pad  | data         | DDGST |
 *   +--------+------+-----+----+--------+------------+-------+------+--------------+-------+
 * </pre>
 *
 * HDGST and DDGST are there when their flags say so; PLEN counts all of it.
 *
 * @param <S> the PDU itself, for chained calls
 */
public abstract class Pdu<S extends Pdu<S>> extends Flyweight<S> {

  public static final int TYPE = 0;
  public static final int FLAGS = 1;
  public static final int HLEN = 2;
  public static final int PDO = 3;
  public static final int PLEN = 4;

  /** Bytes of the common header. */
  public static final int COMMON_HEADER_SIZE = 8;

  public static final int FLAG_HDGSTF = 1;
  public static final int FLAG_DDGSTF = 1 << 1;

  /** Of H2CData and C2HData: no more data PDUs follow for this transfer. */
  public static final int FLAG_LAST_PDU = 1 << 2;

  /** Of C2HData: the command succeeded and no CapsuleResp follows. */
  public static final int FLAG_SUCCESS = 1 << 3;

  public final int type() {
    return u8(TYPE);
  }

  public final int flags() {
    return u8(FLAGS);
  }

  /** Bytes of the header without its digest. */
  public final int hlen() {
    return u8(HLEN);
  }

  /** Where the data begins, in bytes from the PDU's start; meaningless without data. */
  public final int pdo() {
    return u8(PDO);
  }

  /** Bytes of the whole PDU. */
  public final long plen() {
    return u32(PLEN);
  }

  public final boolean hasHeaderDigest() {
    return (flags() & FLAG_HDGSTF) != 0;
  }

  public final boolean hasDataDigest() {
    return (flags() & FLAG_DDGSTF) != 0;
  }

  /** Bytes from the PDU's start to where its data may begin at the earliest. */
  public final int headerBytes() {
    return hlen() + (hasHeaderDigest() ? Crc32c.SIZE : 0);
  }

  /** Bytes of data in this PDU; a PDU without data must not be asked. */
  public final long dataBytes() {
    return plen() - pdo() - (hasDataDigest() ? Crc32c.SIZE : 0);
  }

  /** Writes the common header in one go. */
  public final S commonHeader(int type, int flags, int hlen, int pdo, long plen) {
    return u64(TYPE, type | flags << 8 | hlen << 16 | (pdo & 0xffL) << 24 | plen << 32);
  }

  /**
   * Writes the header's digest behind it, if {@code HDGSTF} is set. The header's last step: nothing
   * in it may change afterwards.
   */
  public final S seal(Crc32c crc) {
    if (hasHeaderDigest()) {
      int hlen = hlen();
      u32(hlen, crc.of(segment(), offset(), hlen));
    }
    return self();
  }

  /** Writes a common header for a PDU without data. */
  final S headerOnly(int type, int hlen, boolean hdgst) {
    int digest = hdgst ? Crc32c.SIZE : 0;
    return commonHeader(type, hdgst ? FLAG_HDGSTF : 0, hlen, 0, hlen + digest);
  }

  /** Writes a common header for a PDU whose data follows the header without padding. */
  final S withData(
      int type, int flags, int hlen, long dataLengthBytes, boolean hdgst, boolean ddgst) {
    int pdo = hlen + (hdgst ? Crc32c.SIZE : 0);
    int digests = (hdgst ? FLAG_HDGSTF : 0) | (ddgst ? FLAG_DDGSTF : 0);
    long plen = pdo + dataLengthBytes + (ddgst ? Crc32c.SIZE : 0);
    return commonHeader(type, flags | digests, hlen, pdo, plen);
  }
}
