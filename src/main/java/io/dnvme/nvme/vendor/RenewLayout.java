package io.dnvme.nvme.vendor;

import io.dnvme.nvme.Field;
import io.dnvme.nvme.Structure;
import java.lang.foreign.MemorySegment;
import java.util.UUID;

/**
 * A renewal, and the answer that it is done: the first quarter of an entry of {@link
 * VendorOpcode#RECORDS}, with L in the place of a body's length. Owners send one for each leg and
 * holder, four times in each L. The epoch's incarnation is left out: it is who asks.
 */
final class RenewLayout extends Structure<RenewLayout> {

  static final int SIZE = 32;

  /** An L in milliseconds is never above it. */
  static final long MAX_LEASE_MS = 0xffff_ffffL;

  static final Field.Number<RenewLayout> OP = Field.u8(0);
  static final Field.Number<RenewLayout> RESULT = Field.u8(1);
  static final Field.Number<RenewLayout> FLAGS = Field.u16(2);
  static final Field.Number<RenewLayout> LEASE_MS = Field.u32(4);
  static final Field.Bytes<RenewLayout> LEG = Field.uuid(8);
  static final Field.Number<RenewLayout> EPOCH = Field.u64(24);

  RenewLayout() {
    super(SIZE);
  }

  /** Whether the request at that place is one. */
  static boolean isRequest(MemorySegment segment, long offset) {
    return RecordOp.RENEW.code() == new RenewLayout().wrap(segment, offset).get(OP);
  }

  /** Whether the reply at that place is one. */
  static boolean isReply(MemorySegment segment, long offset) {
    var reply = new RenewLayout().wrap(segment, offset);
    return RecordOp.RENEW.code() == reply.get(OP) && EntryResult.DONE.code() == reply.get(RESULT);
  }

  UUID leg() {
    return getUuid(LEG);
  }

  /** Whether the epoch's number is none that a sender may write. */
  boolean isSenseless() {
    return get(FLAGS) != 0 || get(EPOCH) < 0 || get(EPOCH) > WireEpoch.MAX_NUMBER;
  }
}
