package io.dnvme.nvme.vendor;

import java.lang.foreign.MemorySegment;

/** One entry of an envelope: 128 bytes and a body, or a renewal. */
public sealed interface VendorEntry permits RecordRequest, RecordReply, DiskRequest, DiskReply {

  /** Bytes of an entry without its body; of a renewal {@link RenewLayout#SIZE}. */
  int SIZE = 128;

  byte[] NO_BODY = {};

  /** What follows the entry; nobody changes it. */
  byte[] body();

  /** Bytes without the body. */
  default int fixedBytes() {
    return SIZE;
  }

  /** Writes the entry without its body into {@link #fixedBytes} bytes that are zero. */
  void write(MemorySegment segment, long offset);

  /** Bytes with the body, and with the zeroes that fill it up. */
  default int encodedBytes() {
    return fixedBytes() + padded(body().length);
  }

  /** Bytes that a body of that length takes. */
  static int padded(int lengthBytes) {
    return (lengthBytes + 7) & ~7;
  }

  /** Checks a body on its way out. */
  static void checkBody(byte[] body) {
    if (body.length > VendorLimits.MAX_BODY_BYTES) {
      throw new IllegalArgumentException(
          "a body has at most %d bytes, not %d"
              .formatted(VendorLimits.MAX_BODY_BYTES, body.length));
    }
  }
}
