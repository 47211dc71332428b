package io.dnvme.nvme.vendor;

import io.dnvme.nvme.Field;
import io.dnvme.nvme.Structure;

/**
 * The beginning of an {@link Envelope}; entries follow, each with its body, which zeroes fill up to
 * a multiple of 8 bytes.
 */
final class EnvelopeLayout extends Structure<EnvelopeLayout> {

  static final int SIZE = 64;

  /** "DNVC", in that order. */
  static final int MAGIC_VALUE = 0x4356_4e44;

  static final int VERSION_1 = 1;

  static final Field.Number<EnvelopeLayout> MAGIC = Field.u32(0);
  static final Field.Number<EnvelopeLayout> VERSION = Field.u16(4);
  static final Field.Number<EnvelopeLayout> KIND = Field.u8(6);
  static final Field.Number<EnvelopeLayout> RESERVED_7 = Field.u8(7);

  /** Of the whole envelope, in bytes. */
  static final Field.Number<EnvelopeLayout> LENGTH = Field.u32(8);

  static final Field.Number<EnvelopeLayout> ENTRIES = Field.u16(12);
  static final Field.Number<EnvelopeLayout> RESERVED_14 = Field.u16(14);
  static final Field.Bytes<EnvelopeLayout> CLUSTER = Field.uuid(16);

  /** Of a request the controller incarnation that asks, of a reply the store that answers. */
  static final Field.Bytes<EnvelopeLayout> SENDER = Field.uuid(32);

  /** Chosen by who asks, and repeated in the reply. */
  static final Field.Number<EnvelopeLayout> REQUEST = Field.u64(48);

  static final Field.Number<EnvelopeLayout> RESERVED_56 = Field.u32(56);

  /** Of the whole envelope, with zero in this place. */
  static final Field.Number<EnvelopeLayout> CRC = Field.u32(60);

  EnvelopeLayout() {
    super(SIZE);
  }
}
