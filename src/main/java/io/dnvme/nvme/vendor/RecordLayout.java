package io.dnvme.nvme.vendor;

import io.dnvme.nvme.Field;
import io.dnvme.nvme.Structure;
import java.util.UUID;

/** An entry of {@link VendorOpcode#RECORDS}; its body follows. */
final class RecordLayout extends Structure<RecordLayout> {

  static final int SIZE = 128;

  static final Field.Number<RecordLayout> OP = Field.u8(0);
  static final Field.Number<RecordLayout> RESULT = Field.u8(1);
  static final Field.Number<RecordLayout> FLAGS = Field.u16(2);
  static final Field.Number<RecordLayout> BODY = Field.u32(4);
  static final Field.Bytes<RecordLayout> LEG = Field.uuid(8);
  static final Field.Number<RecordLayout> EPOCH = Field.u64(24);
  static final Field.Bytes<RecordLayout> INCARNATION = Field.uuid(32);
  static final Field.Number<RecordLayout> ACCEPTED = Field.u64(48);
  static final Field.Bytes<RecordLayout> ACCEPTED_INCARNATION = Field.uuid(56);
  static final Field.Number<RecordLayout> GENERATION = Field.u64(72);
  static final Field.Number<RecordLayout> NANOS = Field.u64(80);

  /** From here to the end all is zero. */
  static final int RESERVED = 88;

  RecordLayout() {
    super(SIZE);
  }

  RecordLayout epoch(WireEpoch epoch) {
    return set(EPOCH, epoch.number()).setUuid(INCARNATION, epoch.incarnation());
  }

  RecordLayout accepted(WireEpoch epoch) {
    return set(ACCEPTED, epoch.number()).setUuid(ACCEPTED_INCARNATION, epoch.incarnation());
  }

  WireEpoch epoch() {
    return new WireEpoch(get(EPOCH), getUuid(INCARNATION));
  }

  WireEpoch accepted() {
    return new WireEpoch(get(ACCEPTED), getUuid(ACCEPTED_INCARNATION));
  }

  UUID leg() {
    return getUuid(LEG);
  }

  /** Whether the numbers are none that a sender may write. */
  boolean isSenseless() {
    return get(EPOCH) < 0
        || get(EPOCH) > WireEpoch.MAX_NUMBER
        || get(ACCEPTED) < 0
        || get(ACCEPTED) > WireEpoch.MAX_NUMBER
        || get(GENERATION) < 0
        || get(GENERATION) > RecordRequest.MAX_GENERATION
        || get(NANOS) < 0
        || !ZeroBytes.are(segment(), offset() + RESERVED, SIZE - RESERVED);
  }
}
