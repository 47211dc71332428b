package io.dnvme.nvme.vendor;

import io.dnvme.nvme.Field;
import io.dnvme.nvme.Structure;

/** An entry of {@link VendorOpcode#LOGICAL_DISKS}; its body follows. */
final class DiskLayout extends Structure<DiskLayout> {

  static final int SIZE = 128;

  static final Field.Number<DiskLayout> OP = Field.u8(0);
  static final Field.Number<DiskLayout> RESULT = Field.u8(1);
  static final Field.Number<DiskLayout> FLAGS = Field.u16(2);
  static final Field.Number<DiskLayout> BODY = Field.u32(4);
  static final Field.Bytes<DiskLayout> DISK = Field.uuid(8);
  static final Field.Number<DiskLayout> EPOCH = Field.u64(24);
  static final Field.Bytes<DiskLayout> INCARNATION = Field.uuid(32);
  static final Field.Bytes<DiskLayout> LEG = Field.uuid(48);
  static final Field.Number<DiskLayout> SIZE_BYTES = Field.u64(64);
  static final Field.Number<DiskLayout> FREE_BYTES = Field.u64(72);
  static final Field.Number<DiskLayout> EXTENT_BYTES = Field.u64(80);
  static final Field.Bytes<DiskLayout> POWER_INCARNATION = Field.uuid(88);

  static final Field.Number<DiskLayout> BLOCK_SIZE_BYTES = Field.u32(104);

  /** From here to the end all is zero. */
  static final int RESERVED = 108;

  DiskLayout() {
    super(SIZE);
  }

  DiskLayout epoch(WireEpoch epoch) {
    return set(EPOCH, epoch.number()).setUuid(INCARNATION, epoch.incarnation());
  }

  WireEpoch epoch() {
    return new WireEpoch(get(EPOCH), getUuid(INCARNATION));
  }

  /** Whether the numbers are none that a sender may write. */
  boolean isSenseless() {
    return get(EPOCH) < 0
        || get(EPOCH) > WireEpoch.MAX_NUMBER
        || get(SIZE_BYTES) < 0
        || get(FREE_BYTES) < 0
        || get(EXTENT_BYTES) < 0
        || get(BLOCK_SIZE_BYTES) > Integer.MAX_VALUE
        || !ZeroBytes.are(segment(), offset() + RESERVED, SIZE - RESERVED);
  }
}
